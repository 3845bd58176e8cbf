//! From the configuration of a host to its files and live commands.
//!
//! [`pieces`](self) are the statements in the words of a release; views put them into the order of a file;
//! the templates in `templates/` only place and quote them.

mod pieces;
mod quote;
mod view;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::key::KeyHazard;
use crate::model::{HostConfig, Vhid};

pub use quote::shell_line;

/// One command: the program and its arguments.
pub type Argv = Vec<String>;

/// A file of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFile {
    /// Where it belongs on the host.
    pub path: &'static str,
    /// Its text.
    pub content: String,
    /// A key is inside.
    pub secret: bool,
}

/// Everything that a host is configured with, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFiles {
    /// Boot lines for rc.conf, or `rc.conf.d/network`.
    pub rc: HostFile,
    /// Lines for sysctl.conf.
    pub sysctl: HostFile,
    /// Lines for loader.conf.
    pub loader: HostFile,
    /// The commands that configure a running host that has none of it.
    pub live: Vec<Argv>,
    /// The commands that take it away again.
    pub undo: Vec<Argv>,
    /// `live` as a shell script.
    pub live_script: HostFile,
    /// `undo` as text.
    pub undo_text: HostFile,
}

/// Why a host cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A key is only known by reference.
    #[error("the key of vhid {vhid} on host {host} was not looked up: it is kept in {reference}")]
    UnresolvedKey {
        /// The host.
        host: String,
        /// The vhid.
        vhid: Vhid,
        /// Where the key is kept.
        reference: String,
    },
    /// A key would not survive the boot scripts.
    #[error("the key of vhid {vhid} on host {host} has {hazard}")]
    Key {
        /// The host.
        host: String,
        /// The vhid.
        vhid: Vhid,
        /// What would happen to it.
        hazard: KeyHazard,
    },
    /// The boot scripts of 9.3 send the aliases of such an interface to a name that does not exist
    /// (`ifalias` in `etc/network.subr`, r264439).
    #[error(
        "host {host} runs FreeBSD 9, whose boot scripts send the aliases of {interface} to {variable}: \
         leave `manage` out, or give {interface} a name without a dot"
    )]
    AliasName {
        /// The host.
        host: String,
        /// The interface.
        interface: String,
        /// What the scripts make of its name.
        variable: String,
    },
    /// A template is broken.
    #[error("the template cannot be filled in: {0}")]
    Template(String),
}

/// The templates, parsed once.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
}

macro_rules! templates {
    ($environment:ident: $($name:literal),+) => {
        $(
            $environment
                .add_template($name, include_str!(concat!("../../../templates/", $name, ".j2")))
                .map_err(|error| RenderError::Template(error.to_string()))?;
        )+
    };
}

impl Renderer {
    /// Parses the templates.
    ///
    /// # Errors
    ///
    /// [`RenderError::Template`] if one is broken, which the tests exclude.
    pub fn new() -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build();
        environment.set_syntax(syntax.map_err(|error| RenderError::Template(error.to_string()))?);
        environment.add_filter("rc_quote", |text: &str| quote::rc_value(text));
        environment.add_filter("shell", |argv: Vec<String>| shell_line(&argv));
        templates!(environment: "rc.conf", "sysctl.conf", "loader.conf", "live.sh", "live-undo.txt");
        Ok(Self { environment })
    }

    /// Renders one host.
    ///
    /// # Errors
    ///
    /// [`RenderError`] for a key that is only known by reference, and for what no text of the release can say.
    pub fn render(&self, host: &HostConfig) -> Result<HostFiles, RenderError> {
        let statements = pieces::Statements::of(host)?;
        let secret = statements.holds_key;
        let (live, undo) = (statements.live(), statements.undo());
        let file = |path, content, secret| HostFile {
            path,
            content,
            secret,
        };
        let rc = self.fill("rc.conf", view::rc_conf(host, &statements))?;
        let sysctl = self.fill("sysctl.conf", view::sysctl_conf(host))?;
        let loader = self.fill("loader.conf", view::loader_conf(host))?;
        let live_script = self.fill("live.sh", view::commands(host, &live))?;
        let undo_text = self.fill("live-undo.txt", view::commands(host, &undo))?;
        Ok(HostFiles {
            rc: file(host.rc_target.path(), rc, secret),
            sysctl: file("/etc/sysctl.conf", sysctl, false),
            loader: file("/boot/loader.conf", loader, false),
            live_script: file("live.sh", live_script, secret),
            undo_text: file("live-undo.txt", undo_text, false),
            live,
            undo,
        })
    }

    fn fill(&self, template: &str, view: impl Serialize) -> Result<String, RenderError> {
        let filled = self
            .environment
            .get_template(template)
            .and_then(|template| template.render(Serde(view)));
        filled.map_err(|error| RenderError::Template(error.to_string()))
    }
}

#[cfg(test)]
mod tests;
