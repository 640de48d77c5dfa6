//! What each pitfall is called in front of people, in both languages.

use super::clock;
use crate::cron::{Field, Pitfall};
use crate::i18n::Lang;

impl Pitfall {
    /// One or two sentences that say what happens, and what to write instead where there is something.
    ///
    /// ```
    /// use orrery::cron::Pitfall;
    /// use orrery::i18n::Lang;
    ///
    /// assert_eq!(Pitfall::SundayIsZero.text(Lang::En), "Sunday is 0 in Kubernetes; 7 is refused. Write 0 or SUN.");
    /// ```
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Ko => self.korean(),
        }
    }

    fn english(&self) -> String {
        match self {
            Pitfall::EitherDay => "Both day fields are restricted, so it runs on days that match either one, not both.".into(),
            Pitfall::EveryDayAfterAll => {
                "Both day fields are restricted and either one is enough; as one of them covers every day, it runs every day. \
                 Write * for the field that should not count."
                    .into()
            }
            Pitfall::UnevenStep { field, step, values, last_gap } => {
                let shown = shorten(values).join(", ");
                let unit = unit_en(*field);
                if *field == Field::DayOfMonth {
                    return format!(
                        "*/{step} starts again on the 1st of every month (days {shown}), so the distance is shorter at the end of a month."
                    );
                }
                let first = field.bounds().0;
                format!("*/{step} starts again at {first} every time: {unit}s {shown}, and the last distance is only {last_gap}.")
            }
            Pitfall::StepBeyondRange { field, step, value } => {
                format!("A step of {step} is beyond the field: only {} {value} is left.", unit_en(*field))
            }
            Pitfall::NeverRuns => "It never runs: no such day or time exists. Kubernetes accepts it all the same.".into(),
            Pitfall::LeapDayOnly => "29 February comes once in four years.".into(),
            Pitfall::SkipsShortMonths { day } => format!("Months without day {day} are skipped."),
            Pitfall::EveryMinuteOfHour { hour } => format!(
                "The minute is *, so it runs 60 times from {} to {}. For one run write 0 as the minute.",
                clock(*hour, 0),
                clock(*hour, 59)
            ),
            Pitfall::SundayIsZero => "Sunday is 0 in Kubernetes; 7 is refused. Write 0 or SUN.".into(),
            Pitfall::TooManyFields { count } => {
                format!("There are {count} fields; Kubernetes has exactly five: no seconds and no year.")
            }
            Pitfall::LongName { name, short } => format!("Names have three letters: write {short}, not {name}."),
            Pitfall::ZoneInSchedule => "A time zone in the schedule is refused; use the field timeZone.".into(),
            Pitfall::EveryIsNotAligned => {
                "@every counts from the previous run, at first from the creation, not from the full hour or minute.".into()
            }
            Pitfall::EveryBelowMinute => {
                "Jobs are named after the minute they are due, so below a minute only one Job a minute is created.".into()
            }
            Pitfall::DstSkips { date, time } => {
                format!("On {date} the clock jumps over {time}: that run does not happen.")
            }
            Pitfall::DstRepeats { date, time } => format!("On {date} the clock shows {time} twice: it runs twice."),
        }
    }

    fn korean(&self) -> String {
        match self {
            Pitfall::EitherDay => "일(日)과 요일이 모두 제한되어 있어, 둘 다가 아니라 둘 중 하나만 맞아도 실행됩니다.".into(),
            Pitfall::EveryDayAfterAll => {
                "일(日)과 요일 중 하나만 맞아도 실행되는데 한쪽이 모든 날을 포함하므로 매일 실행됩니다. 제한하지 않을 필드는 *로 쓰세요.".into()
            }
            Pitfall::UnevenStep { field, step, values, last_gap } => {
                let unit = unit_ko(*field);
                let shown = shorten(values).join(", ");
                if *field == Field::DayOfMonth {
                    return format!("*/{step}은(는) 매월 1일에 다시 시작하므로({shown}일) 월말의 간격이 짧아집니다.");
                }
                format!("*/{step}은(는) 매번 {}부터 다시 시작합니다: {shown}{unit}. 마지막 간격은 {last_gap}뿐입니다.", field.bounds().0)
            }
            Pitfall::StepBeyondRange { field, step, value } => {
                format!("간격 {step}이(가) 필드의 범위를 넘어 {value}{}만 남습니다.", unit_ko(*field))
            }
            Pitfall::NeverRuns => "그런 날짜나 시각이 없어 절대 실행되지 않습니다. 그래도 Kubernetes는 받아들입니다.".into(),
            Pitfall::LeapDayOnly => "2월 29일은 4년에 한 번 옵니다.".into(),
            Pitfall::SkipsShortMonths { day } => format!("{day}일이 없는 달은 건너뜁니다."),
            Pitfall::EveryMinuteOfHour { hour } => format!(
                "분이 *이므로 {}부터 {}까지 60번 실행됩니다. 한 번만 실행하려면 분을 0으로 쓰세요.",
                clock(*hour, 0),
                clock(*hour, 59)
            ),
            Pitfall::SundayIsZero => "Kubernetes에서 일요일은 0이며 7은 거부됩니다. 0 또는 SUN으로 쓰세요.".into(),
            Pitfall::TooManyFields { count } => {
                format!("필드가 {count}개입니다. Kubernetes는 정확히 다섯 개이며 초와 연도는 없습니다.")
            }
            Pitfall::LongName { name, short } => format!("이름은 세 글자입니다: {name} 대신 {short}."),
            Pitfall::ZoneInSchedule => "일정 안의 시간대는 거부됩니다. timeZone 필드를 쓰세요.".into(),
            Pitfall::EveryIsNotAligned => "@every는 정각이 아니라 직전 실행(처음에는 생성 시각)부터 셉니다.".into(),
            Pitfall::EveryBelowMinute => "Job 이름은 예정된 분에서 나오므로, 1분 미만이면 1분에 Job 하나만 만들어집니다.".into(),
            Pitfall::DstSkips { date, time } => format!("{date}에는 시계가 {time}을 건너뛰므로 그 실행은 없습니다."),
            Pitfall::DstRepeats { date, time } => format!("{date}에는 {time}이 두 번 있으므로 두 번 실행됩니다."),
        }
    }
}

fn unit_en(field: Field) -> &'static str {
    match field {
        Field::Minute => "minute",
        Field::Hour => "hour",
        Field::DayOfMonth => "day",
        Field::Month => "month",
        Field::DayOfWeek => "weekday",
    }
}

fn unit_ko(field: Field) -> &'static str {
    match field {
        Field::Minute => "분",
        Field::Hour => "시",
        Field::DayOfMonth => "일",
        Field::Month => "월",
        Field::DayOfWeek => "(요일)",
    }
}

/// How many values are shown before and after the dots.
const MAX_SHOWN_VALUES: usize = 5;

/// The values as text, the middle of a long list left out.
fn shorten(values: &[u32]) -> Vec<String> {
    let text = |values: &[u32]| values.iter().map(u32::to_string).collect::<Vec<_>>();
    match values {
        [first @ .., last] if values.len() > MAX_SHOWN_VALUES => {
            let mut shown = text(&first[..MAX_SHOWN_VALUES - 2]);
            shown.extend(["…".to_string(), last.to_string()]);
            shown
        }
        all => text(all),
    }
}
