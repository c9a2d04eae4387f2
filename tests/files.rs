//! Unit, label and gold files: what is read back, and what every mistake in one is told.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;
use titer::gold::LabelMap;
use titer::io::Columns;
use titer::io::ComponentColumn;
use titer::io::ComponentKind;
use titer::io::ContentColumns;
use titer::io::IdCheck;
use titer::io::IoError;
use titer::io::LabelRow;
use titer::io::LabelWriter;
use titer::io::ManifestFile;
use titer::io::Source;
use titer::io::Target;
use titer::io::read_gold;
use titer::io::read_labels;
use titer::io::read_manifest;
use titer::io::read_units;
use titer::io::write_manifest;
use titer::io::write_units;
use titer::sampling::BottomK;
use titer::sampling::DrawSettings;
use titer::sampling::Floor;
use titer::sampling::FrameTally;
use titer::sampling::Manifest;
use titer::sampling::Salt;
use titer::sampling::ScoreTransform;
use titer::sampling::Sizing;
use titer::unit::Component;
use titer::unit::Content;
use titer::unit::Design;
use titer::unit::Inclusion;
use titer::unit::Segments;
use titer::unit::Unit;

fn read(path: &Path, columns: &Columns) -> Result<Vec<Unit>, IoError> {
    read_units(&Source::File(path.to_owned()), columns, IdCheck::Unique)?.collect()
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_bad_file_is_told_where_what_and_how() {
    let mut seen = 0;
    for entry in fs::read_dir("tests/suite/units").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "expected") {
            continue;
        }
        let error = read(&path, &Columns::own()).unwrap_err();
        let cause = error.source().map(|cause| format!("\ncaused by: {cause}")).unwrap_or_default();
        let found = format!("{error}{cause}\n").replace('\\', "/");
        let beside = PathBuf::from(format!("{}.expected", path.display()));
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(
            found,
            expected,
            "{} is told otherwise than {}",
            path.display(),
            beside.display()
        );
        seen += 1;
    }
    assert!(20 <= seen, "{seen} files");
}

#[test]
fn a_text_and_an_id_are_a_unit() {
    let folder = tempfile::tempdir().unwrap();
    let json =
        file(folder.path(), "a.jsonl", "\u{feff}{\"id\":7,\"text\":\"x\",\"lang\":\"de\"}\r\n");
    let csv = file(folder.path(), "a.csv", "\u{feff}id,text,lang\r\n7,x,de\r\n");
    let tsv = file(folder.path(), "a.tsv", "id\ttext\tlang\n7\tx\tde");
    let units = read(&json, &Columns::own()).unwrap();
    assert_eq!(units, read(&csv, &Columns::own()).unwrap());
    assert_eq!(units, read(&tsv, &Columns::own()).unwrap());
    let expected = Unit {
        id: "7".into(),
        exposure: 1.0,
        score: None,
        segments: Segments::new(),
        period: None,
        components: vec![Component { role: "content".into(), content: Content::Text("x".into()) }],
        inclusion: None,
        passthrough: [("lang".to_owned(), "de".into())].into_iter().collect(),
    };
    assert_eq!(units, [expected]);
}

#[test]
fn foreign_columns_are_read_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        folder.path(),
        "pins.csv",
        "pin_id,q,img,views,risk,day,surface,score\np1,cats,,12.5,0.25,2026-11-01,home,foreign\n",
    );
    let mut columns = Columns::own();
    columns.id = Some("pin_id".into());
    columns.exposure = Some("views".into());
    columns.score = Some("risk".into());
    columns.period = Some("day".into());
    columns.segments = vec!["surface".into(), "day".into()];
    columns.content = ContentColumns::Components(vec![
        ComponentColumn { role: "query".into(), column: "q".into(), kind: ComponentKind::Text },
        ComponentColumn { role: "image".into(), column: "img".into(), kind: ComponentKind::Image },
    ]);
    let unit = &read(&path, &columns).unwrap()[0];
    assert_eq!((unit.id.as_str(), unit.period.as_deref()), ("p1", Some("2026-11-01")));
    assert!((unit.exposure - 12.5).abs() < 1e-12 && unit.score == Some(0.25));
    assert_eq!(unit.segments.get("surface"), Some("home"));
    assert_eq!(unit.segments.get("day"), Some("2026-11-01"));
    assert_eq!(unit.components.len(), 1);
    assert_eq!(unit.passthrough["score"], "foreign");
    columns.exposure = Some("impressions".into());
    let error = read(&path, &columns).unwrap_err().to_string();
    assert!(error.contains("no column `impressions` (the exposure)"), "{error}");
}

#[test]
fn nothing_is_yielded_after_a_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a.csv", "id,text,score\na,x,0.5\nb,x,5\nc,x,0.5\n");
    let mut units = read_units(&Source::File(path), &Columns::own(), IdCheck::Unchecked).unwrap();
    assert_eq!(units.next().unwrap().unwrap().id, "a");
    assert_eq!(units.row(), 2);
    assert!(units.next().unwrap().is_err());
    assert!(units.next().is_none());
}

fn units() -> impl Strategy<Value = Vec<Unit>> {
    let word = "[a-zà-ü0-9][a-z0-9 ,\"]{0,6}[a-z0-9]";
    let text = "[a-z ,\"'\\n\\r\\t;é🙂]{0,20}";
    let one = (text, 1u32..5000, proptest::option::of(0u32..=1000), word, 1u32..=1000, text);
    proptest::collection::vec(one, 1..12).prop_map(|rows| {
        let unit = |(i, (text, exposure, score, segment, probability, note)): (
            usize,
            (_, u32, Option<u32>, _, u32, String),
        )| Unit {
            id: format!("u,{i}"),
            exposure: f64::from(exposure) / 8.0,
            score: score.map(|score| f64::from(score) / 1000.0),
            segments: [("surface", segment)].into_iter().collect(),
            period: Some("2026-11".into()),
            components: vec![Component { role: "content".into(), content: Content::Text(text) }],
            inclusion: Some(Inclusion {
                stratum: (i % 2 == 0).then(|| "high".to_owned()),
                ..Inclusion::new(f64::from(probability) / 1000.0, Design::Priority)
            }),
            passthrough: [("note".to_owned(), note.into())].into_iter().collect(),
        };
        rows.into_iter().enumerate().map(unit).collect()
    })
}

proptest! {
    #[test]
    fn units_read_back_as_they_were_written(units in units(), mapped in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let mut columns = Columns::own();
        if mapped {
            columns.id = Some("pin".into());
            columns.exposure = Some("views".into());
            columns.segments = vec!["surface".into()];
            columns.content = ContentColumns::Text("caption".into());
        }
        for name in ["a.jsonl", "a.csv", "a.tsv"] {
            let path = folder.path().join(name);
            write_units(&Target::File(path.clone()), &columns, &units).unwrap();
            prop_assert_eq!(&read(&path, &columns).unwrap(), &units);
        }
    }
}

#[test]
fn units_of_several_parts_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let line = "{\"id\":\"a\",\"exposure\":2,\"segments\":{\"country\":\"DE\"},\"components\":\
        [{\"role\":\"query\",\"text\":\"q\"},{\"role\":\"image\",\"image\":\"a.png\"}]}\n";
    let units = read(&file(folder.path(), "a.jsonl", line), &Columns::own()).unwrap();
    assert_eq!(units[0].components.len(), 2);
    for name in ["b.jsonl", "b.csv"] {
        let path = folder.path().join(name);
        write_units(&Target::File(path.clone()), &Columns::own(), &units).unwrap();
        assert_eq!(read(&path, &Columns::own()).unwrap(), units, "{name}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("b.jsonl")).unwrap(), line);
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "labels.csv", "old");
    let mut writer = LabelWriter::create(&Target::File(path.clone()), &[]).unwrap();
    let mut late = label_row("a");
    late.passthrough.insert("lang".into(), "de".into());
    let error = writer.write(late).unwrap_err();
    assert!(matches!(error, IoError::LateColumn { .. }), "{error}");
    drop(writer);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = Target::File(folder.path().join("no/such/folder.jsonl"));
    assert!(matches!(write_units(&nowhere, &Columns::own(), &[]), Err(IoError::Write { .. })));
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt as _;
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("null.jsonl");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    write_units(&Target::File(link), &Columns::own(), &[]).unwrap();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

fn label_row(id: &str) -> LabelRow {
    LabelRow {
        id: id.into(),
        policy: "spam".into(),
        policy_version: "1.0.0".into(),
        outcome: "label",
        label: Some("violating".into()),
        labels: Vec::new(),
        criteria: vec!["violating.sale".into(), "violating.link".into()],
        checks: BTreeMap::new(),
        components: Vec::new(),
        own_label: None,
        own_criteria: Vec::new(),
        own_because: None,
        because: Some("says \"buy\", twice".into()),
        stated_confidence: Some(0.5),
        label_probability: None,
        labeler: "main".into(),
        fingerprint: "f".into(),
        attempts: 1,
        input_tokens: 10,
        cached_tokens: 0,
        output_tokens: 3,
        cost_usd: None,
        latency_ms: Some(12),
        labeled_at: "2026-11-23T00:00:00Z".into(),
        passthrough: serde_json::Map::new(),
    }
}

#[test]
fn label_rows_read_back_with_the_units_columns_apart() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["labels.jsonl", "labels.csv"] {
        let path = folder.path().join(name);
        let columns = ["lang".to_owned(), "label".to_owned()];
        let mut writer = LabelWriter::create(&Target::File(path.clone()), &columns).unwrap();
        let mut row = label_row("a");
        row.passthrough.insert("label".into(), "foreign".into());
        writer.write(row).unwrap();
        let mut refused = label_row("b");
        (refused.outcome, refused.label) = ("refusal", None);
        writer.write(refused).unwrap();
        writer.finish().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("unit.label"), "{text}");
        let labels = read_labels(&Source::File(path), &LabelMap::default()).unwrap();
        let found: Vec<_> = labels.iter().map(|l| (l.outcome.name(), l.label.as_deref())).collect();
        assert_eq!(found, [("label", Some("violating")), ("refusal", None)]);
        assert_eq!((labels[0].labeler.as_str(), labels[0].id.as_str()), ("main", "a"));
    }
}

#[test]
fn foreign_labels_keep_every_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let labels = |text: &str| {
        let codes = LabelMap::new(BTreeMap::from([("1".into(), "violating".into())]));
        read_labels(&Source::File(file(folder.path(), "l.csv", text)), &codes)
    };
    let fine = labels("id,policy,label,outcome\na,spam,1,\nb,spam,,refusal\n").unwrap();
    assert_eq!(fine[0].label.as_deref(), Some("violating"));
    assert_eq!((fine[0].labeler.as_str(), fine[1].outcome.name()), ("external", "refusal"));
    let bad = labels("id,policy,label,outcome\na,spam,1,\nb,spam,,\nc,spam,,lost\na,spam,0,\n");
    let text = bad.unwrap_err().to_string();
    assert!(text.contains("l.csv:3: column `label`: no label; add a column `outcome`"), "{text}");
    assert!(text.contains("l.csv:4: column `outcome`: no outcome `lost`"), "{text}");
    assert!(text.contains("l.csv:5: row 2 has the same unit, policy and labeler"), "{text}");
}

#[test]
fn gold_is_read_with_codes_and_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let codes = LabelMap::new(BTreeMap::from([
        ("1".into(), "violating".into()),
        ("0".into(), "allowed".into()),
    ]));
    let gold =
        |name: &str, text: &str| read_gold(&Source::File(file(folder.path(), name, text)), &codes);
    let csv =
        gold("g.csv", "id,policy,label,rater,probability,criteria\na,spam,1,,0.25,v.a; v.b\n")
            .unwrap();
    let json = gold(
        "g.jsonl",
        "{\"id\":\"a\",\"policy\":\"spam\",\"label\":1.0,\"probability\":0.25,\"criteria\":[\"v.a\",\"v.b\"]}\n",
    );
    let mut json = json.unwrap();
    json[0].row = Some(2);
    assert_eq!(csv, json);
    assert_eq!(
        (csv[0].label.as_str(), csv[0].probability, csv[0].rater.as_deref()),
        ("violating", Some(0.25), None)
    );
    let lost = gold("g.csv", "id,policy,label,probabilty\na,spam,1,0.5\n").unwrap_err();
    assert!(
        lost.to_string().contains("`probabilty` is not known; if it is `probability`"),
        "{lost}"
    );
    let bad = gold("g.csv", "id,policy,label,probability\na,spam,1,1.5\nb,spam,,\n").unwrap_err();
    assert!(bad.to_string().contains("g.csv:2: column `probability`: probability 1.5"), "{bad}");
    assert!(bad.to_string().contains("g.csv:3: column `label`: no value"), "{bad}");
    let none = gold("g.csv", "id,label\na,1\n").unwrap_err();
    assert!(none.to_string().contains("no column `policy`"), "{none}");
}

#[test]
fn a_sample_drawn_from_a_file_reads_back_with_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "id,text,exposure,score,segments.surface\n".to_owned();
    for i in 0..500 {
        let score = f64::from(i % 10) / 10.0;
        text.push_str(&format!("u{i},text {i},{},{score},s{}\n", 1 + i % 17, i % 2));
    }
    let frame = Source::File(file(folder.path(), "frame.csv", &text));
    let columns = Columns::own();
    let mut tally = FrameTally::new(ScoreTransform::Sqrt);
    for unit in read_units(&frame, &columns, IdCheck::Unique).unwrap() {
        tally.add(&unit.unwrap());
    }
    let measure = tally.score().measure(Floor::new(0.2).unwrap()).unwrap();
    let settings = DrawSettings {
        salt: Salt::new("files").unwrap(),
        size: NonZeroUsize::new(60).unwrap(),
        sizing: Sizing::Priority(measure),
    };
    let mut draw = BottomK::new(settings);
    for unit in read_units(&frame, &columns, IdCheck::Unchecked).unwrap() {
        let unit = unit.unwrap();
        draw.offer(&unit.id, unit.exposure, unit.score, || unit.clone()).unwrap();
    }
    let (draw, manifest) = Manifest::finish(&tally, draw).unwrap();
    let design = draw.design;
    let sample: Vec<Unit> = draw
        .units
        .into_iter()
        .map(|drawn| Unit { inclusion: Some(drawn.inclusion(design)), ..drawn.payload })
        .collect();
    let path = folder.path().join("sample.csv");
    write_units(&Target::File(path.clone()), &columns, &sample).unwrap();
    assert_eq!(read(&path, &columns).unwrap(), sample);
    let beside = write_manifest(&path, &manifest).unwrap();
    assert_eq!(beside, folder.path().join("sample.csv.manifest.json"));
    let recorded = read_manifest(&path).unwrap().unwrap();
    assert_eq!(recorded, ManifestFile::from(&manifest));
    assert_eq!(
        (recorded.salt.as_str(), recorded.design.as_str(), recorded.size),
        ("files", "priority", 60)
    );
    assert_eq!(recorded.segments["surface"].as_ref().unwrap().len(), 2);
    assert_eq!(read_manifest(&folder.path().join("other.csv")).unwrap(), None);
}

#[test]
fn a_file_that_cannot_be_opened_names_its_path_and_cause() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("gone.csv");
    let error = read(&name, &Columns::own()).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot open {}", name.display())), "{error}");
    assert!(error.source().is_some());
    let folder = folder.path().join("folder.csv");
    fs::create_dir(&folder).unwrap();
    assert!(matches!(read(&folder, &Columns::own()), Err(IoError::Open { .. })));
}
