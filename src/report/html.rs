//! A report as one HTML file that needs no network and no script.

use crate::report::Report;
use crate::report::page::variables;
use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use thiserror::Error;

const NAME: &str = "report.html.j2";
const TEMPLATE: &str = include_str!("report.html.j2");

/// Why a report cannot be written as HTML: a fault of the template, never of the measurements.
#[derive(Debug, Error)]
#[error("the report's template does not render")]
pub struct RenderError(#[source] minijinja::Error);

/// Returns the report as one self-contained HTML file.
///
/// Every text is escaped where it is inserted. Plots are inline SVG; marks differ by shape, so nothing rests on colour.
///
/// # Errors
///
/// [`RenderError`] when the built-in template fails.
pub fn html(report: &Report<'_>) -> Result<String, RenderError> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    templates.set_syntax(syntax.map_err(RenderError)?);
    templates.add_template(NAME, TEMPLATE).map_err(RenderError)?;
    let template = templates.get_template(NAME).map_err(RenderError)?;
    template.render(Serde(variables(report))).map_err(RenderError)
}
