//! A labeler ready to use: its prompt settings, where it is reached, how fast, at what price.

use super::error::OpsError;
use super::program::AnswerFile;
use super::program::BundlingName;
use super::program::CallsName;
use super::program::DialectName;
use super::program::EffortName;
use super::program::LabelerFile;
use super::program::LimitsFile;
use super::program::OmitName;
use super::program::OutputName;
use super::program::Program;
use super::program::TemperatureFile;
use super::program::TokenCapName;
use super::template;
use crate::diag;
use crate::llm::Connection;
use crate::llm::HttpEndpoint;
use crate::llm::Timeouts;
use crate::prompt::AnswerSettings;
use crate::prompt::Bundling;
use crate::prompt::Calls;
use crate::prompt::OwnTemplate;
use crate::prompt::PromptSettings;
use crate::prompt::ReasoningEffort;
use crate::prompt::Rung;
use crate::prompt::TokenCap;
use crate::requests::Price;
use crate::unit::Fingerprint;
use crate::unit::FingerprintBuilder;
use secrecy::SecretString;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Seconds one request may take when titer.yaml does not say.
const TIMEOUT_SECONDS: u64 = 120;
/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(10);
/// A chat completion is a few kilobytes; more than this is no answer.
const MAX_BODY_BYTES: usize = 8 << 20;
/// Idle connections kept, at least.
const MAX_IDLE: usize = 256;

/// A labeler named on the command line, or described there by URL and model.
#[derive(Debug, Clone, Default)]
pub struct AdHoc {
    /// A labeler of `titer.yaml`.
    pub name: Option<String>,
    /// A base URL, in place of a labeler of the file.
    pub url: Option<String>,
    /// A model, with the URL.
    pub model: Option<String>,
    /// The environment variable that holds the key.
    pub key_env: Option<String>,
    /// One call a policy rather than one for all of them.
    pub separate: bool,
}

/// A labeler ready to use.
#[derive(Debug, Clone)]
pub struct Labeler {
    /// Its name in results.
    pub name: String,
    /// What shapes its requests.
    pub prompt: PromptSettings,
    /// Whether the rung may be settled by the endpoint.
    pub rung_is_open: bool,
    pub(crate) key: KeySource,
    /// Headers sent with every request.
    pub headers: BTreeMap<String, String>,
    pub(crate) limits: LimitsFile,
    /// What its tokens cost.
    pub price: Option<Price>,
}

/// Where the key comes from; it is read only when something is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// The endpoint takes none.
    None,
    /// An environment variable.
    Variable(String),
    /// A file.
    File(PathBuf),
    /// A shell command that prints it.
    Command(String),
}

impl AdHoc {
    pub(crate) fn is_empty(&self) -> bool {
        self.name.is_none() && self.url.is_none() && self.model.is_none()
    }
}

/// Finds the labeler that is meant: by URL and model, by name, or the only one of the project.
///
/// # Errors
///
/// No labeler, several and none named, an unknown name, a variable or key that is not there.
pub(crate) fn resolve(program: &Program, wanted: &AdHoc) -> Result<Labeler, OpsError> {
    match (&wanted.url, &wanted.model) {
        (Some(url), Some(model)) => {
            let file = LabelerFile {
                key_env: wanted.key_env.clone(),
                ..plain(url.clone(), model.clone(), wanted.separate)
            };
            build(program, "command-line", &file)
        }
        (Some(_), None) | (None, Some(_)) => Err(OpsError::refused(
            "--url and --model go together",
            "give both, such as --url http://127.0.0.1:8080/v1 --model NAME",
        )),
        (None, None) => from_file(program, wanted),
    }
}

/// Returns the settings a prompt has before any labeler is chosen.
pub(crate) fn default_prompt() -> PromptSettings {
    prompt_settings(&plain("http://127.0.0.1/v1".into(), "model".into(), false), String::new())
}

fn from_file(program: &Program, wanted: &AdHoc) -> Result<Labeler, OpsError> {
    let labelers = &program.file.labelers;
    let names: Vec<&str> = labelers.iter().map(|(name, _)| name).collect();
    if names.is_empty() && !program.found {
        return Err(OpsError::refused(
            "no labeler is named, and there is no titer.yaml",
            "give --url and --model, or make a project with `titer init`",
        ));
    }
    let name = match (&wanted.name, names.as_slice()) {
        (Some(name), _) => name.as_str(),
        (None, [only]) => only,
        (None, []) => {
            return Err(OpsError::refused(
                "titer.yaml has no labeler",
                "add one under `labelers:` with its `url` and `model`, or give --url and --model",
            ));
        }
        (None, several) if several.contains(&"main") => "main",
        (None, _) => {
            return Err(OpsError::refused(
                "titer.yaml has several labelers and none is called `main`",
                format!("name one with --labeler: {}", names.join(", ")),
            ));
        }
    };
    let Some((_, file)) = labelers.iter().find(|(known, _)| *known == name) else {
        let hint = match diag::nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("titer.yaml has {}", names.join(", ")),
        };
        return Err(OpsError::refused(format!("there is no labeler `{name}`"), hint));
    };
    let mut file = file.clone();
    if wanted.separate {
        file.prompt = BundlingName::Separate;
    }
    build(program, name, &file)
}

fn plain(url: String, model: String, separate: bool) -> LabelerFile {
    LabelerFile {
        url,
        model,
        key_env: None,
        key_file: None,
        key_command: None,
        headers: BTreeMap::new(),
        dialect: DialectName::JsonChat,
        template: None,
        output: OutputName::Auto,
        calls: CallsName::PerUnit,
        prompt: if separate { BundlingName::Separate } else { BundlingName::Unified },
        answer: AnswerFile::default(),
        temperature: TemperatureFile::Number(0.0),
        seed: None,
        label_probability: false,
        reasoning_effort: None,
        max_output_tokens: None,
        token_cap: TokenCapName::MaxTokens,
        limits: LimitsFile::default(),
        price: None,
    }
}

fn build(program: &Program, name: &str, file: &LabelerFile) -> Result<Labeler, OpsError> {
    let url = expanded(&file.url)?.trim_end_matches('/').to_owned();
    let mut headers = BTreeMap::new();
    for (header, value) in &file.headers {
        headers.insert(header.clone(), expanded(value)?);
    }
    let template =
        file.template.as_deref().map(|path| template::read(program, path)).transpose()?;
    let plain =
        prompt_settings(&LabelerFile { model: expanded(&file.model)?, ..file.clone() }, url);
    Ok(Labeler {
        name: name.to_owned(),
        rung_is_open: file.output == OutputName::Auto,
        key: key_source(program, file),
        headers,
        limits: file.limits,
        price: file.price.map(|price| Price {
            input: price.input,
            cached: price.cached.unwrap_or(price.input),
            output: price.output,
        }),
        prompt: PromptSettings { template, ..plain },
    })
}

fn prompt_settings(file: &LabelerFile, url: String) -> PromptSettings {
    PromptSettings {
        url,
        model: file.model.clone(),
        dialect: file.dialect.dialect(),
        template: None,
        calls: match file.calls {
            CallsName::PerUnit => Calls::PerUnit,
            CallsName::PerComponent => Calls::PerComponent,
        },
        rung: match file.output {
            OutputName::Auto | OutputName::Schema => Rung::Schema,
            OutputName::Text => Rung::Text,
        },
        bundling: match file.prompt {
            BundlingName::Unified => Bundling::Unified,
            BundlingName::Separate => Bundling::Separate,
        },
        answer: AnswerSettings {
            rationale_words: file.answer.rationale_words,
            confidence: file.answer.confidence,
            abstain: file.answer.abstain,
        },
        label_probability: file.label_probability,
        reasoning_effort: file.reasoning_effort.map(|effort| match effort {
            EffortName::Low => ReasoningEffort::Low,
            EffortName::Medium => ReasoningEffort::Medium,
            EffortName::High => ReasoningEffort::High,
        }),
        temperature: match file.temperature {
            TemperatureFile::Number(number) => Some(number),
            TemperatureFile::Word(OmitName::Omit) => None,
        },
        seed: file.seed,
        max_output_tokens: file.max_output_tokens,
        token_cap: match file.token_cap {
            TokenCapName::MaxTokens => TokenCap::MaxTokens,
            TokenCapName::MaxCompletionTokens => TokenCap::MaxCompletionTokens,
        },
    }
}

fn key_source(program: &Program, file: &LabelerFile) -> KeySource {
    match (&file.key_env, &file.key_file, &file.key_command) {
        (Some(variable), ..) => KeySource::Variable(variable.clone()),
        (None, Some(path), _) => KeySource::File(program.path(path)),
        (None, None, Some(command)) => KeySource::Command(command.clone()),
        (None, None, None) => KeySource::None,
    }
}

impl Labeler {
    /// Reads the key from where it is kept.
    ///
    /// # Errors
    ///
    /// A variable that is not set, a file that cannot be read, a command that fails.
    pub(crate) fn read_key(&self) -> Result<Option<SecretString>, OpsError> {
        let text = match &self.key {
            KeySource::None => return Ok(None),
            KeySource::Variable(name) => self.key_from_variable(name)?,
            KeySource::File(path) => fs::read_to_string(path)
                .map_err(|source| OpsError::file("read the key file", path, &source))?,
            KeySource::Command(command) => self.key_from_command(command)?,
        };
        let key = text.trim();
        if key.is_empty() {
            return Err(OpsError::refused(
                format!("the key of labeler `{}` is empty", self.name),
                "check where titer.yaml takes it from",
            ));
        }
        Ok(Some(SecretString::from(key.to_owned())))
    }

    /// Opens the endpoint.
    ///
    /// # Errors
    ///
    /// A key that cannot be read, an address or header that cannot be used.
    pub(crate) fn connect(&self) -> Result<HttpEndpoint, OpsError> {
        let total = Duration::from_secs(self.limits.timeout_seconds.unwrap_or(TIMEOUT_SECONDS));
        let headers = self.headers.iter();
        Ok(HttpEndpoint::new(Connection {
            base_url: self.prompt.url.clone(),
            key: self.read_key()?,
            headers: headers.map(|(name, value)| (name.clone(), value.clone().into())).collect(),
            timeouts: Timeouts { connect: CONNECT.min(total), silence: total, total },
            max_body_bytes: MAX_BODY_BYTES,
            max_idle: self.limits.in_flight.unwrap_or(MAX_IDLE).max(MAX_IDLE),
        })?)
    }

    fn key_from_variable(&self, variable: &str) -> Result<String, OpsError> {
        std::env::var(variable).map_err(|_| {
            OpsError::refused(
                format!(
                    "labeler `{}` takes its key from the variable {variable}, which is not set",
                    self.name
                ),
                format!("set it: export {variable}=…"),
            )
        })
    }

    fn key_from_command(&self, command: &str) -> Result<String, OpsError> {
        let hint = format!("run it by hand and see what it prints: {command}");
        match Command::new("sh").arg("-c").arg(command).output() {
            Ok(done) if done.status.success() => {
                Ok(String::from_utf8_lossy(&done.stdout).into_owned())
            }
            Ok(done) => Err(OpsError::refused(
                format!("the key command of labeler `{}` failed with {}", self.name, done.status),
                hint,
            )),
            Err(source) => Err(OpsError::refused(
                format!("the key command of labeler `{}` cannot be run: {source}", self.name),
                hint,
            )),
        }
    }

    /// Returns the hash of everything about the labeler that can change a reply.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut hash = FingerprintBuilder::new("labeler");
        hash.text(&self.name).text(&self.settings().to_string());
        hash.finish()
    }

    /// Returns what shapes its requests, for the record.
    pub(crate) fn settings(&self) -> Value {
        let prompt = &self.prompt;
        json!({
            "url": prompt.url,
            "model": prompt.model,
            "dialect": prompt.dialect.name(),
            "output": if self.rung_is_open { "auto" } else { prompt.rung.name() },
            "prompt": prompt.bundling.name(),
            "calls": prompt.calls.name(),
            "template": prompt.template.as_ref().map(OwnTemplate::text),
            "answer": {
                "rationale_words": prompt.answer.rationale_words,
                "confidence": prompt.answer.confidence,
                "abstain": prompt.answer.abstain,
            },
            "label_probability": prompt.label_probability,
            "reasoning_effort": prompt.reasoning_effort.map(ReasoningEffort::name),
            "temperature": prompt.temperature,
            "seed": prompt.seed,
            "max_output_tokens": prompt.max_output_tokens,
            "token_cap": prompt.token_cap.name(),
        })
    }
}

/// Replaces `${NAME}` from the environment.
fn expanded(text: &str) -> Result<String, OpsError> {
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
