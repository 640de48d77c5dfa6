//! The languages, and the macro that turns a list of texts into methods.

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// Every language.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Ko];

    /// The language's tag in HTML and in the page's address (`en`, `ko`).
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Ko => "ko",
        }
    }

    /// The language of a browser's tag (`ko-KR`); English for any that there are no texts in.
    ///
    /// ```
    /// use orrery::i18n::Lang;
    /// assert_eq!(Lang::of_tag("ko-KR"), Lang::Ko);
    /// assert_eq!(Lang::of_tag("fr"), Lang::En);
    /// ```
    pub fn of_tag(tag: &str) -> Lang {
        let primary = tag.split(['-', '_']).next().unwrap_or("");
        Lang::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary)).unwrap_or_default()
    }

    /// The language's name in itself.
    pub const fn endonym(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Ko => "한국어",
        }
    }
}

/// Makes methods of [`Lang`] from lines `name: "English", "Korean";` and `name(arg: Type): "English {arg}", "…";`.
macro_rules! texts {
    () => {};
    ($name:ident: $en:literal, $ko:literal; $($rest:tt)*) => {
        impl $crate::i18n::Lang {
            #[doc = $en]
            pub const fn $name(self) -> &'static str {
                match self {
                    $crate::i18n::Lang::En => $en,
                    $crate::i18n::Lang::Ko => $ko,
                }
            }
        }
        texts! { $($rest)* }
    };
    ($name:ident($($arg:ident: $type:ty),+): $en:literal, $ko:literal; $($rest:tt)*) => {
        impl $crate::i18n::Lang {
            #[doc = $en]
            pub fn $name(self, $($arg: $type),+) -> String {
                match self {
                    $crate::i18n::Lang::En => format!($en),
                    $crate::i18n::Lang::Ko => format!($ko),
                }
            }
        }
        texts! { $($rest)* }
    };
}
