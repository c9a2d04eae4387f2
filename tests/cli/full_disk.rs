//! Disks that are full or may not be written. They need a file system of the test's own, and so a Linux root.

use super::bench::Project;
use super::bench::Ran;
use super::bench::Simulated;
use std::path::Path;

/// A shell in a mount namespace of its own: what it mounts is gone when it ends.
const APART: [&str; 2] = ["unshare", "--mount"];

/// Runs a script that mounts; `None`, and a word about it, where that is not allowed.
fn mounted(project: &Project, script: &str) -> Option<Ran> {
    let may = Path::new("/usr/bin/unshare").exists()
        && project.shell(&APART, "mkdir -p t && mount -t tmpfs tmpfs t").code == 0;
    if !may {
        let mut stderr = std::io::stderr();
        drop(std::io::Write::write_all(
            &mut stderr,
            b"skipped: file systems cannot be mounted here\n",
        ));
        return None;
    }
    Some(project.shell(&APART, script))
}

#[test]
fn a_full_disk_stops_the_run_and_the_next_one_goes_on() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(600, &endpoint.url);
    let program = format!("store: small/titer.db\n{}", project.read("titer.yaml"));
    project.write("titer.yaml", &program);
    let script = "mkdir -p small && mount -t tmpfs -o size=600k tmpfs small
        $TITER label; echo code $?
        mount -o remount,size=60m small
        $TITER label --format json; echo code $?";
    let Some(ran) = mounted(&project, script) else { return };
    let ran = ran.ends(0, &["no space left for the store", "what was recorded is kept"]);
    let codes: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("code")).collect();
    assert_eq!(codes, ["code 3", "code 0"], "{ran:#?}");
    let (_, json) = ran.stdout.split_once('{').unwrap();
    let (json, _) = json.rsplit_once('}').unwrap();
    let second: serde_json::Value = serde_json::from_str(&format!("{{{json}}}")).unwrap();
    let (before, now) = (second["answered_before"].as_u64(), second["finished"].as_u64());
    assert_eq!(before.zip(now).map(|(before, now)| before + now), Some(600), "{ran:#?}");
    assert!(before > Some(0), "{ran:#?}");
    let lost = endpoint.answers() - 600;
    assert!(lost <= 16, "{lost} answers were paid for and not kept, more than were in flight");
}

#[test]
fn an_output_on_a_full_disk_leaves_nothing_half_written() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(600, &endpoint.url);
    let script = "mkdir -p small && mount -t tmpfs -o size=64k tmpfs small
        echo before > small/rows.jsonl
        $TITER label -o small/rows.jsonl; echo code $?; cat small/rows.jsonl; ls -A small";
    let Some(ran) = mounted(&project, script) else { return };
    let ran = ran.ends(0, &["cannot write small/rows.jsonl; free space"]);
    assert_eq!(ran.stdout, "code 3\nbefore\nrows.jsonl\n");
    project.titer(&["label", "-o", "rows.jsonl"]).done();
    assert_eq!(endpoint.requests(), 600);
}

#[test]
fn standard_output_that_is_full_is_said() {
    let project = Project::of(1, "http://127.0.0.1:9/v1");
    if !Path::new("/dev/full").exists() {
        return;
    }
    let ran = project.shell(&["env"], "$TITER compile > /dev/full");
    ran.ends(3, &["cannot write to standard output", "free some space"]);
}

#[test]
fn a_store_that_may_only_be_read_is_read_and_not_written() {
    let endpoint = Simulated::start(&[]);
    let project = Project::of(40, &endpoint.url);
    project.titer(&["label"]).done();
    project.titer(&["gold", "draw", "--size", "10"]).done();
    project.titer_reading(&"1\n".repeat(10), &["gold", "label", "--rater", "ann"]).done();
    let script = "mount --bind . . && cd $(pwd) && mount -o remount,bind,ro . && cd $(pwd)
        touch x 2> /dev/null && echo writable
        for verb in label 'gold draw --salt other' 'gold label' prevalence 'gold status' 'label --dry-run'
        do $TITER $verb > /dev/null 2> /dev/shm/titer-$$; echo \"$verb: $?\"
           test -s /dev/shm/titer-$$ && head -1 /dev/shm/titer-$$; done; rm -f /dev/shm/titer-$$";
    let Some(ran) = mounted(&project, script) else { return };
    let said = ran.done().stdout;
    let refused = "error: the store .titer/titer.db is read-only; make the file and its folder writable, or choose another with `store:`";
    let expected = format!(
        "label: 2\n{refused}\ngold draw --salt other: 2\n{refused}\ngold label: 2\n{refused}\nprevalence: 0\ngold status: 0\nlabel --dry-run: 0\n"
    );
    assert_eq!(said, expected);
}
