//! Any text a model may send is one outcome for each policy. The first byte chooses the prompt, the second how the
//! text is cut into tokens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use titer::reply;
use titer::reply::ChatReply;
use titer::reply::Finish;
use titer::reply::Token;
use titer_fuzz::PROMPTS;
use titer_fuzz::check_answers;
use titer_fuzz::unit;

fuzz_target!(|bytes: &[u8]| {
    let [which, cut, text @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let prompt = &PROMPTS[usize::from(*which) % PROMPTS.len()];
    let finish = [Finish::Stop, Finish::Length, Finish::ContentFilter][usize::from(cut >> 4) % 3];
    let tokens = tokens(text, usize::from(cut & 15));
    let reply =
        ChatReply { content: Some(text.to_owned()), finish, tokens, ..ChatReply::default() };
    let unit = unit(prompt.policies(), "text");
    for call in prompt.calls(&unit) {
        let policies = call.question.policies();
        check_answers(&reply::read(&reply, call.question), policies);
        check_answers(&reply::read_call(&reply, &call), policies);
    }
});

/// Cuts the text into tokens of so many characters; 0 is a reply without tokens.
fn tokens(text: &str, length: usize) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = match length {
        0 => Vec::new(),
        length => characters.chunks(length).map(|piece| piece.iter().collect()).collect(),
    };
    let next = pieces.iter().cycle().skip(1).cloned();
    let token = |(text, other): (&String, String)| Token {
        text: text.clone(),
        logprob: -0.5,
        alternatives: vec![(text.clone(), -0.5), (other, -1.0), ("\"allowed".to_owned(), -2.0)],
    };
    pieces.iter().zip(next).map(token).collect()
}
