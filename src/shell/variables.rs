//! `$(NAME)` in `command` and `args`: the references that Kubernetes itself replaces before any shell sees them.

use super::limits::{MAX_TEXT_BYTES, cut};

/// Replaces `$(NAME)` by the container's environment. `$$` is a plain `$`; a name that is not set stays as it is.
///
/// ```
/// use orrery::shell::expand_variables;
///
/// let env = [("WHO".to_string(), "world".to_string())];
/// assert_eq!(expand_variables("hello $(WHO) $(NOBODY) $$(WHO)", &env), "hello world $(NOBODY) $(WHO)");
/// ```
// third_party/forked/golang/expansion/expand.go Expand
pub fn expand_variables(text: &str, env: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let reference = after.strip_prefix('(').and_then(|inside| inside.split_once(')'));
        rest = match (after.strip_prefix('$'), reference) {
            (Some(tail), _) => {
                out.push('$');
                tail
            }
            (None, Some((name, tail))) => {
                // The last one of the same name wins.
                match env.iter().rev().find(|(known, _)| known == name) {
                    Some((_, value)) => out.push_str(value),
                    None => out.push_str(&format!("$({name})")),
                }
                tail
            }
            (None, None) => {
                out.push('$');
                after
            }
        };
    }
    out.push_str(rest);
    cut(&mut out, MAX_TEXT_BYTES);
    out
}
