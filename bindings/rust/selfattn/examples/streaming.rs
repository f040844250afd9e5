//! Goes on with a text, and shows it as it is written: streaming MODEL PROMPT [TOKENS]
//! SPDX-License-Identifier: MIT
use selfattn::{Context, Model, Sampling, Session, SessionOptions, Tokenizer};
use std::io::Write;
use std::ops::ControlFlow;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, prompt) =
        (arguments.first().ok_or("streaming MODEL PROMPT [TOKENS]")?, arguments.get(1).ok_or("no prompt")?);
    let tokens = arguments.get(2).map_or(Ok(40), |text| text.parse())?;
    let ctx = Context::new()?;
    let (model, tokenizer) = (Model::open(&ctx, path)?, Tokenizer::open(&ctx, path)?);
    let mut session = Session::new(&ctx, &model, &SessionOptions::default())?;
    print!("{prompt}");
    session.generate_text(&ctx, &tokenizer, prompt, tokens, &Sampling::default(), &[], |piece| {
        print!("{piece}");
        std::io::stdout().flush().map_or(ControlFlow::Break(()), ControlFlow::Continue)
    })?;
    println!();
    Ok(())
}
