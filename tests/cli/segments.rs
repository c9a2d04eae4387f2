//! Parts of the units, and the table of all estimates.

use super::bench::Project;
use std::fmt::Write as _;
use std::fs;

/// 900 labeled units on two surfaces and in a language of few; every third has gold.
fn measured() -> Project {
    let project = Project::empty();
    let mut units = "id,exposure,surface,lang\n".to_owned();
    let mut labels = "id,policy,label\n".to_owned();
    let mut gold = "id,policy,label\n".to_owned();
    for n in 0..900 {
        let surface = if n % 5 < 2 { "search" } else { "feed" };
        let lang = if n < 6 { "tlh" } else { "en" };
        let said = n % 7 == 0;
        writeln!(units, "u{n},{},{surface},{lang}", 1 + n % 3).unwrap();
        writeln!(labels, "u{n},insults,{}", u8::from(said)).unwrap();
        if n % 3 == 0 {
            let is = said != (n % 11 == 0);
            writeln!(gold, "u{n},insults,{}", u8::from(is)).unwrap();
        }
    }
    project.write("units.csv", &units);
    project.write("labels.csv", &labels);
    project.write("gold.csv", &gold);
    project
}

const FILES: [&str; 9] = [
    "prevalence",
    "--labels",
    "labels.csv",
    "--gold",
    "gold.csv",
    "--units",
    "units.csv",
    "--drawn",
    "from_sample",
];

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    FILES.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn any_column_of_the_units_divides_them() {
    let project = measured();
    let shown = project.titer(&args(&["--by", "surface", "--by", "lang"])).done().stdout;
    assert!(
        shown.contains("insults by surface\n") && shown.contains("insults by lang\n"),
        "{shown}"
    );
    let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("feed ").contains("540") && line("search ").contains("360"), "{shown}");
    assert!(line("tlh ").contains("at most"), "{shown}");
    project.titer(&args(&["--by", "surfaces"])).ends(2, &["surfaces", "did you mean `surface`?"]);
    project.titer(&args(&["--simultaneous"])).ends(2, &["--by"]);
}

#[test]
fn every_estimate_is_a_row_of_the_table() {
    let project = measured();
    project.titer(&args(&["--by", "surface", "--estimates", "estimates.csv"])).done();
    let table = project.read("estimates.csv");
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    // naive, two-phase, gold alone and Rogan-Gladen, for all units and for each of two surfaces
    assert_eq!(rows.len(), 4 * 3, "{table}");
    let of = |segment: &str| rows.iter().filter(|row| row[column("segment")] == segment).count();
    assert_eq!((of(""), of("surface=feed"), of("surface=search")), (4, 4, 4), "{table}");
    let sizes = rows.iter().filter(|row| row[column("estimator")] == "two_phase");
    let n: Vec<&str> = sizes.map(|row| row[column("n")]).collect();
    assert_eq!(n, ["900", "540", "360"]);

    project.titer(&args(&["--estimates", "estimates.parquet"])).done();
    let bytes = fs::read(project.path("estimates.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    project.titer(&args(&["--estimates", "estimates.xls"])).ends(2, &["estimates.xls", ".parquet"]);
}
