"""Words that tell a secret from what only looks like one, all in lower case."""

ABOUT = {
    "passw": 0, "passphrase": 0, "passcode": 0, "pwd": 0, "pass": 0, "secret": 1, "token": 2, "key": 3, "auth": 4,
    "cred": 4, "salt": 5, "jwt": 2, "_pw": 0, "-pw": 0,
}  # fmt: skip
"""What a name says that it holds a secret, and which of the features `about_…` it sets."""

STRONG = (
    "apikey", "api_key", "api-key", "api.key", "accesskey", "access_key", "access-key", "secretkey", "secret_key",
    "secret-key", "private", "encryption", "signing", "client_secret", "clientsecret", "access_token",
    "accesstoken", "auth_token", "authtoken", "bearer", "master", "admin", "root", "db_", "database", "mysql",
    "postgres", "redis", "mongo", "smtp", "aws", "azure", "github", "gitlab", "slack", "stripe", "twilio",
)  # fmt: skip
"""Parts of names that are seldom there without a value."""

AFTER = (
    "file", "path", "dir", "url", "uri", "name", "id", "type", "size", "len", "count", "field", "label", "hint",
    "polic", "valid", "regex", "pattern", "prefix", "suffix", "header", "column", "index", "bits", "bytes", "format",
    "version", "alg", "provider", "manager", "service", "handler", "factory", "generator", "error", "exception",
    "message", "msg", "expir", "ttl", "timeout", "reset", "require", "enable", "disable", "min", "max", "store",
    "list", "map", "input", "button", "form", "title", "text", "desc", "class", "style", "ring", "stone", "board",
    "word_", "frame", "code", "event", "press", "down", "up", "or", "ize", "ing", "s", "mode", "flag", "env", "var",
    "config", "setting", "option", "param", "arg", "link", "page", "view", "screen", "dialog", "help", "info",
    "endpoint", "host", "server", "user", "role", "scope", "group", "method", "func", "callback", "ref", "alias",
)  # fmt: skip
"""What follows in names of what only has to do with one."""

BEFORE = (
    "public", "pub_", "foreign", "primary", "sort", "partition", "hot", "cache", "keyboard", "i18n", "translat",
    "placeholder", "label", "title", "hint", "error", "invalid", "wrong", "forgot", "reset", "change", "confirm",
    "no_", "not", "without", "bad", "missing", "has", "is_", "show", "hide", "toggle", "next", "page", "csrf", "xsrf",
    "author", "monkey", "turkey", "donkey", "keyword", "hash", "bypass", "compass", "pass_", "passed", "passive",
    "passenger", "passport", "encompass", "surpass", "tokenize", "stop_token", "eos", "bos", "pad_", "mask", "unk",
    "lock", "map_key", "dict", "object", "column", "field", "sshkey", "host_key", "accreditation", "credit",
)  # fmt: skip
"""What stands in names of what only looks like one."""

OPEN = (
    "public", "publishable", "csrf", "xsrf", "authenticity", "primarykey", "primary_key", "foreign", "fingerprint",
    "keyhash", "key_hash", "keyid", "key_id", "sitekey", "site_key", "credentialid", "credential_id", "event",
    "keyword", "keycode", "key_code",
)  # fmt: skip
"""What stands in names of what everybody may know."""

PLACEHOLDERS = (
    "example", "sample", "placeholder", "changeme", "change_me", "change-me", "your", "xxx", "***", "...", "todo",
    "replace", "insert", "dummy", "fake", "mock", "foobar", "lorem", "redacted", "removed", "hidden", "secret",
    "password", "passwd", "token", "<", "${", "{{", "%(", "%s", "%v", "%d", "none", "null", "undefined", "nil",
    "true", "false", "default", "empty", "string", "value", "env", "config", "getenv", "required", "optional",
    "invalid", "unknown", "enter", "please", "must", "should", "cannot", "failed", "error", "forgot", "reset",
    "username", "email", "user", "name", "my_", "my-", "some", "test", "abc", "1234", "qwerty", "00000", "aaaa",
    "deadbeef", "http", "file", "path", "self.", "this.", "process.", "os.", "request", "response", "params", "args",
    "options", "settings", "context", "function", "return", "import", "require", "type", "field", "label", "input",
)  # fmt: skip
"""Parts of values that no secret is made of."""

EXAMPLES = (
    "example", "sample", "placeholder", "dummy", "fake", "e.g", "for instance", "usage", "replace", "your", "test",
    "mock", "todo", "hash", "sha", "md5", "checksum", "integrity", "digest", "fingerprint", "uuid", "guid",
)  # fmt: skip
"""What else on the line speaks against one."""

READS = (
    "getenv", "environ", "process.env", "config", "settings", "prompt", "input(", "assert", "expect", "throw",
    "raise", "print", "log", "echo", "error", "return", "import", "require", "include", "def ", "func",
)  # fmt: skip
"""What else on the line says what is done with it."""
