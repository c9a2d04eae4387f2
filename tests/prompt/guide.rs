//! The guides people read: the same ids, and nothing a reader of that kind should not see.

use super::cases::parsed;
use super::cases::policies;
use super::cases::yaml;
use insta::assert_snapshot;
use titer::prompt::Audience;
use titer::prompt::GuideFormat;
use titer::prompt::guide;

#[test]
fn the_guide_for_raters_in_markdown() {
    let policy = &policies(&["link-spam"])[0];
    assert_snapshot!(guide(policy, Audience::Rater, GuideFormat::Markdown).unwrap());
}

#[test]
fn the_guide_for_the_public_in_html() {
    let policy = &policies(&["answers"])[0];
    assert_snapshot!(guide(policy, Audience::Public, GuideFormat::Html).unwrap());
}

#[test]
fn a_guide_shows_every_rule_by_its_id_and_no_test() {
    let policy = &policies(&["link-spam"])[0];
    for audience in [Audience::Rater, Audience::Public] {
        for format in [GuideFormat::Markdown, GuideFormat::Html] {
            let guide = guide(policy, audience, format).unwrap();
            for id in policy.rule_ids() {
                assert!(guide.contains(id), "{id} in {guide}");
            }
            assert!(!guide.contains("Claim your prize"), "{guide}");
            assert!(guide.contains(&policy.fingerprint().to_string()), "{guide}");
        }
    }
}

#[test]
fn how_a_label_is_reached_is_for_raters_alone() {
    let policy = &policies(&["link-spam"])[0];
    let rater = guide(policy, Audience::Rater, GuideFormat::Markdown).unwrap();
    let public = guide(policy, Audience::Public, GuideFormat::Markdown).unwrap();
    for text in ["Judge what the unit asks", "Is there a link?", "The unit ends before its link."] {
        assert!(rater.contains(text) && !public.contains(text), "{text}");
    }
}

#[test]
fn markup_in_a_policy_stays_text_in_its_page() {
    let hostile = yaml("link-spam").replace("A source.", "<script>alert(1)</script>");
    let page = guide(&parsed(&hostile), Audience::Rater, GuideFormat::Html).unwrap();
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
}

#[test]
fn markup_in_a_policy_stays_text_in_its_markdown() {
    let hostile = yaml("link-spam")
        .replace("title: Link spam", "title: <script>alert(1)</script>")
        .replace(
            "definition: Pushes the reader to",
            "definition: |-\n      # Not a heading\n      ```\n      to",
        )
        .replace("A source.", "\"*not* bold, @nobody\"");
    let text = guide(&parsed(&hostile), Audience::Rater, GuideFormat::Markdown).unwrap();
    assert!(text.starts_with("# &lt;script&gt;alert(1)&lt;/script&gt;\n"), "{text}");
    for harmless in
        ["\\#\u{200b} Not a heading\n", "\n\\`\\`\\`\n", "\\*not\\* bold, \\@\u{200b}nobody"]
    {
        assert!(text.contains(harmless), "{harmless:?} in {text}");
    }
}

#[test]
fn raters_read_how_many_parts_a_unit_has_and_how_their_labels_become_one() {
    let rollups = [
        ("any", "The unit is violating as soon as one part is"),
        ("all", "The unit is violating only when every part is"),
        ("max-severity", "The unit has the label of its most severe part."),
    ];
    for (rollup, rule) in rollups {
        let policy = parsed(&yaml("answers").replace("max-severity", rollup));
        for format in [GuideFormat::Markdown, GuideFormat::Html] {
            let rater = guide(&policy, Audience::Rater, format).unwrap();
            for text in [rule, "text, in every unit. Read it", "image, at most 8"] {
                assert!(rater.contains(text), "{text} in {rater}");
            }
            assert!(!guide(&policy, Audience::Public, format).unwrap().contains(rule));
        }
    }
}

#[test]
fn the_public_reads_no_example_of_abstaining() {
    let policy = &policies(&["link-spam"])[0];
    for format in [GuideFormat::Markdown, GuideFormat::Html] {
        let public = guide(policy, Audience::Public, format).unwrap();
        assert!(!public.contains("cut-off") && !public.contains("Everybody wins at"), "{public}");
        assert!(public.contains("Free phones at win.example"), "{public}");
        assert!(guide(policy, Audience::Rater, format).unwrap().contains("Everybody wins at"));
    }
}
