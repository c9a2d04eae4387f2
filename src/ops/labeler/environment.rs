//! Values of `titer.yaml` that are filled in from the environment.

use crate::ops::error::OpsError;

/// Replaces `${NAME}` from the environment.
pub(super) fn expanded(text: &str) -> Result<String, OpsError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, tail)) = after.split_once('}') else {
            return Err(OpsError::refused(
                format!("`{text}` opens `${{` and does not close it"),
                "write ${NAME}",
            ));
        };
        let value = std::env::var(variable).map_err(|_| {
            OpsError::refused(
                format!("`{text}` names the variable {variable}, which is not set"),
                format!("set it: export {variable}=…"),
            )
        })?;
        out.push_str(before);
        out.push_str(&value);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}
