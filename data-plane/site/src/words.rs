//! The words of the default theme, in the languages that it speaks. A site in another language gets
//! the English ones.

/// Key, English, Chinese. `{name}` stands for a value.
const WORDS: &[(&str, &str, &str)] = &[
    ("skip", "Skip to content", "跳到正文"),
    ("nav", "Site", "站点"),
    ("search", "Search", "搜索"),
    ("feed", "RSS feed", "RSS 订阅"),
    ("archive", "Archive", "归档"),
    ("account", "Account", "账户"),
    ("made_with", "Published with Freehold", "由 Freehold 发布"),
    ("page_of", "Page {page} of {pages}", "第 {page} 页，共 {pages} 页"),
    ("minutes", "{count} min read", "阅读约 {count} 分钟"),
    ("empty", "Nothing published yet", "还没有发布内容"),
    (
        "empty.text",
        "The first post of {name} will appear here.",
        "{name} 的第一篇文章会出现在这里。",
    ),
    ("empty.own", "Is this your site?", "这是您的站点吗？"),
    ("empty.write", "Write the first post", "撰写第一篇文章"),
    ("pages", "Pages", "分页"),
    ("newer", "Newer", "较新"),
    ("older", "Older", "较早"),
    ("previous", "Previous", "上一页"),
    ("next", "Next", "下一页"),
    ("updated", "Updated", "更新于"),
    ("more", "More posts", "更多文章"),
    ("search.words", "Words to look for", "要查找的词"),
    ("search.found.one", "{count} post for", "找到 {count} 篇："),
    ("search.found.other", "{count} posts for", "找到 {count} 篇："),
    ("search.none", "No posts match “{q}”", "没有与“{q}”相符的文章"),
    ("search.none.text", "Try fewer or other words, or", "请减少或更换关键词，或"),
    ("search.all", "look through all posts", "浏览所有文章"),
    (
        "search.hint",
        "Titles and full texts of all posts are searched.",
        "将搜索所有文章的标题与全文。",
    ),
    ("home", "Go to the home page", "回到首页"),
    ("search.site", "Search the site", "搜索本站"),
    ("missing", "There is nothing here", "这里没有内容"),
    (
        "missing.text",
        "The page was moved or removed, or its address has a typing error.",
        "页面已移动或删除，或者地址有误。",
    ),
    ("foreign", "This form came from elsewhere", "此表单来自其他网站"),
    (
        "foreign.text",
        "It was not sent from a page of this site, so nothing was done. Open the page here and try again.",
        "它不是从本站页面提交的，因此未执行任何操作。请在本站打开页面后重试。",
    ),
    ("maintenance", "This site is being worked on", "网站维护中"),
    ("maintenance.text", "It will be back shortly.", "很快就会恢复。"),
    ("archive.none", "Nothing published yet.", "还没有发布内容。"),
    ("sign_in", "Sign in", "登录"),
    (
        "sign_in.lead",
        "With the address and password that you registered here with.",
        "请使用在本站注册的邮箱与密码。",
    ),
    ("sign_in.new", "New here?", "第一次来？"),
    ("register", "Register", "注册"),
    ("register.lead", "To be known on this site.", "成为本站的用户。"),
    ("register.known", "Known here already?", "已经有账户？"),
    ("register.closed", "This site takes no registrations at the moment.", "本站暂不开放注册。"),
    ("email", "E-mail", "邮箱"),
    ("password", "Password", "密码"),
    ("password.hint", "8 to 128 characters, not easy to guess.", "8 到 128 个字符，不易猜到。"),
    ("username", "Name", "名称"),
    (
        "username.hint",
        "What others see: 2 to 50 letters, digits, dots, hyphens or underscores.",
        "对他人显示：2 到 50 个字母、数字、点、连字符或下划线。",
    ),
    ("account.lead", "Signed in as {email}", "已登录：{email}"),
    ("account.write", "You write for this site.", "您为本站撰写内容。"),
    ("account.admin", "Open the admin", "打开管理后台"),
    ("profile", "About you", "关于您"),
    ("bio", "A few words", "简介"),
    ("website", "Web page", "网页"),
    ("save", "Save", "保存"),
    ("saved", "Your changes are saved.", "更改已保存。"),
    ("password.title", "Another password", "修改密码"),
    ("password.lead", "It signs you out everywhere else.", "其他设备上的登录会失效。"),
    ("password.old", "Password now", "当前密码"),
    ("password.new", "New password", "新密码"),
    ("password.save", "Change password", "修改密码"),
    ("password.saved", "Your password is changed.", "密码已修改。"),
    ("sign_out", "Sign out", "退出登录"),
    ("problem", "Something needs another look", "请检查以下内容"),
    (
        "problem.wrong_credentials",
        "The e-mail address or the password is not right.",
        "邮箱或密码不正确。",
    ),
    (
        "problem.email",
        "Enter an e-mail address such as ada@example.org.",
        "请输入邮箱地址，例如 ada@example.org。",
    ),
    ("problem.email_taken", "Somebody has registered with this address already.", "该邮箱已注册。"),
    (
        "problem.username",
        "Use 2 to 50 letters, digits, dots, hyphens or underscores.",
        "请使用 2 到 50 个字母、数字、点、连字符或下划线。",
    ),
    ("problem.username_taken", "Somebody else has this name.", "该名称已被使用。"),
    (
        "problem.password",
        "Use 8 to 128 characters that are not easy to guess.",
        "请使用 8 到 128 个不易猜到的字符。",
    ),
    ("problem.wrong_password", "This is not your password.", "密码不正确。"),
    ("problem.bio", "Use at most 500 characters.", "最多 500 个字符。"),
    (
        "problem.website",
        "Enter an address that starts with https:// or http://.",
        "请输入以 https:// 或 http:// 开头的地址。",
    ),
    (
        "problem.many",
        "Too many attempts. Wait a minute and try again.",
        "尝试次数过多，请稍候再试。",
    ),
    (
        "problem.other",
        "This was not taken. Look at what you entered.",
        "未能接受，请检查所填内容。",
    ),
];

/// A word in a language, given as a BCP 47 tag; `None` where the theme has no such word.
pub(crate) fn word(language: &str, key: &str) -> Option<&'static str> {
    let (_, english, chinese) = WORDS.iter().find(|(known, ..)| *known == key)?;
    let is_chinese = language.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case("zh"));
    Some(if is_chinese { chinese } else { english })
}

#[cfg(test)]
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(key, ..)| *key)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_word_is_there_once_and_in_both_languages() {
        let mut seen = HashSet::new();
        for (key, english, chinese) in WORDS {
            assert!(seen.insert(key), "{key} twice");
            let values = |text: &str| text.matches('{').count();
            assert_eq!(values(english), values(chinese), "{key}");
            assert!(!english.is_empty() && !chinese.is_empty(), "{key}");
        }
        assert_eq!(word("zh-Hans", "search"), Some("搜索"));
        assert_eq!(word("de", "search"), Some("Search"));
        assert_eq!(word("en", "nonsense"), None);
    }
}
