//! Prompts that ask for words: which labels a `Yes`, or the code of a category, would stand for.

/// One yes-or-no question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) policy: String,
    pub(super) label: String,
}

/// One category of a safety prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Category {
    pub(super) code: String,
    /// The policy's title, or its id where it has none.
    pub(super) name: String,
    pub(super) label: String,
}

const BEGIN_CATEGORIES: &str = "<BEGIN UNSAFE CONTENT CATEGORIES>";
const END_CATEGORIES: &str = "<END UNSAFE CONTENT CATEGORIES>";
const BEGIN_CONVERSATION: &str = "<BEGIN CONVERSATION>";
const END_CONVERSATION: &str = "<END CONVERSATION>";

/// Reads the question from the words after the unit: "… `label` in the policy `id`? … `Yes` or `No` …".
pub(super) fn binary(asked: &str) -> Option<Binary> {
    if !asked.contains("Yes") || !asked.contains("No") {
        return None;
    }
    let (before, after) = asked.split_once("` in the policy `")?;
    let (_, label) = before.rsplit_once('`')?;
    let (policy, _) = after.split_once('`')?;
    Some(Binary { policy: policy.to_owned(), label: label.to_owned() })
}

/// Reads the categories of a safety prompt: lines `S1: name: label.`
pub(super) fn categories(system: &str) -> Vec<Category> {
    let listed = system.split_once(BEGIN_CATEGORIES).map(|(_, rest)| rest);
    let listed = listed.and_then(|rest| rest.split_once(END_CATEGORIES)).map(|(list, _)| list);
    let category = |line: &str| {
        let (code, rest) = line.split_once(": ")?;
        let numbered = code.strip_prefix('S')?.bytes().all(|digit| digit.is_ascii_digit());
        let (name, label) = rest.strip_suffix('.')?.rsplit_once(": ")?;
        let category = || Category { code: code.into(), name: name.into(), label: label.into() };
        numbered.then(category)
    };
    listed.unwrap_or_default().lines().filter_map(category).collect()
}

/// Parts the one message of a safety prompt into what every unit shares, and the conversation.
pub(super) fn conversation(message: &str) -> Option<(&str, &str)> {
    let (system, rest) = message.split_once(BEGIN_CONVERSATION)?;
    let (turns, _) = rest.rsplit_once(END_CONVERSATION)?;
    Some((system, turns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_its_label_and_policy() {
        let asked = "\n\nDoes the unit above meet the criteria for `rude` in the policy `insults`? Answer `Yes` or `No`.";
        let expected = Binary { policy: "insults".into(), label: "rude".into() };
        assert_eq!(binary(asked), Some(expected));
        assert_eq!(binary("Judge the unit above under the policy `insults`."), None);
    }

    #[test]
    fn categories_are_numbered_lines_between_the_marks() {
        let prompt = format!(
            "S9: not: listed.\n{BEGIN_CATEGORIES}\n\nS1: Link spam: spam.\nShould not:\n- spam.bait-link: A reward.\nS2: a: b: rude.\nSafe: x: y.\n{END_CATEGORIES}\nS8: not: this."
        );
        let found = categories(&prompt);
        let named: Vec<_> = found
            .iter()
            .map(|it| (it.code.as_str(), it.name.as_str(), it.label.as_str()))
            .collect();
        assert_eq!(named, [("S1", "Link spam", "spam"), ("S2", "a: b", "rude")]);
    }
}
