//! `titer explain`.

use super::failure::Failure;
use super::output::Output;
use super::width;
use crate::diag::wrapped;
use crate::ops::explain;
use clap::Args;
use serde_json::json;

/// Show the page on a code, such as P012 or S008
#[derive(Debug, Args)]
#[command(after_help = "Example: titer explain P012")]
pub(super) struct ExplainArgs {
    /// The code; without one, all of them are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(super) fn run(args: &ExplainArgs, output: &Output) -> Result<(), Failure> {
    let Some(code) = &args.code else {
        let codes: Vec<&str> = explain::codes().collect();
        output.json(&codes)?;
        output.text(&width::fitted(&codes.join(" ")))?;
        return Ok(());
    };
    let page = explain::explain(code)?;
    output.json(&json!({"code": code.to_uppercase(), "page": page}))?;
    output
        .text(&width::columns().map_or_else(|| page.clone(), |columns| narrowed(&page, columns)))?;
    Ok(())
}

/// The page with its paragraphs as wide as the terminal; examples and tables stay as they are.
fn narrowed(page: &str, columns: usize) -> String {
    let mut blocks = Vec::new();
    for (at, part) in page.split("\n```").enumerate() {
        // What lies between an opening and a closing fence is an example.
        if at % 2 == 1 {
            blocks.push(part.to_owned());
            continue;
        }
        let paragraphs = part.split("\n\n").map(|paragraph| {
            let prose = !paragraph.contains("\n- ") && !paragraph.starts_with(['-', '|', '#']);
            let joined = paragraph.trim_start_matches('\n').trim_end().replace('\n', " ");
            let leading = paragraph.len() - paragraph.trim_start_matches('\n').len();
            let text = if prose { joined } else { paragraph.trim_start_matches('\n').to_owned() };
            let trailing = if paragraph.ends_with('\n') { "\n" } else { "" };
            "\n".repeat(leading) + &wrapped(&text, columns) + trailing
        });
        blocks.push(paragraphs.collect::<Vec<_>>().join("\n\n"));
    }
    blocks.join("\n```")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_narrowed_and_examples_are_not() {
        let page = "# T: a title\n\none two\nthree four\n\n```yaml wrong\na: one two three four\n```\n\nfive six seven eight\n";
        let narrow = narrowed(page, 12);
        let expected = "# T: a title\n\none two\nthree four\n\n```yaml wrong\na: one two three four\n```\n\nfive six\nseven eight";
        assert_eq!(narrow.trim_end(), expected);
    }
}
