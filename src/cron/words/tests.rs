//! One table of schedules and their words in both languages.

use super::*;
use crate::cron::parse_standard;

#[test]
fn every_kind_of_schedule_is_told_in_both_languages() {
    let table = [
        ("* * * * *", "every minute", "매분"),
        ("*/1 * * * *", "every minute", "매분"),
        ("*/5 * * * *", "every 5 minutes", "5분마다"),
        ("*/30 * * * *", "every 30 minutes", "30분마다"),
        ("*/45 * * * *", "at minutes 0 and 45 of every hour", "매시 0분, 45분"),
        ("5/15 * * * *", "at minutes 5, 20, 35 and 50 of every hour", "매시 5분, 20분, 35분, 50분"),
        ("0 * * * *", "every hour", "매시 정각"),
        ("@hourly", "every hour", "매시 정각"),
        ("17 * * * *", "at minute 17 of every hour", "매시 17분"),
        ("0 3 * * *", "at 03:00 every day", "매일 03:00"),
        ("30 9,18 * * *", "at 09:30 and 18:30 every day", "매일 09:30, 18:30"),
        ("0 */2 * * *", "every 2 hours", "2시간마다"),
        ("0 1/2 * * *", "every 2 hours from 01:00", "01:00부터 2시간마다"),
        ("15 */4 * * *", "every 4 hours from 00:15", "00:15부터 4시간마다"),
        ("0 */6 * * *", "at 00:00, 06:00, 12:00 and 18:00 every day", "매일 00:00, 06:00, 12:00, 18:00"),
        ("0 9-17 * * *", "every hour from 09:00 to 17:00", "09:00~17:00 1시간마다"),
        ("30 9-17 * * 1-5", "every hour from 09:30 to 17:30, Monday to Friday", "월~금요일 09:30~17:30 1시간마다"),
        (
            "*/15 9-17 * * 1-5",
            "every 15 minutes from 09:00 to 17:45, Monday to Friday",
            "월~금요일 09:00~17:45 15분마다",
        ),
        ("* 3 * * *", "every minute from 03:00 to 03:59", "03:00~03:59 매분"),
        ("* 1,5,9 * * *", "every minute of hours 1, 5 and 9", "1시, 5시, 9시 매분"),
        ("0,20,45 1-3,5 * * *", "at minutes 0, 20 and 45 of hours 1 to 3 and 5", "1~3시, 5시 0분, 20분, 45분"),
        ("0 9 * * 1", "at 09:00 every Monday", "매주 월요일 09:00"),
        ("0 9 * * SUN", "at 09:00 every Sunday", "매주 일요일 09:00"),
        ("0 9 * * 1-5", "at 09:00, Monday to Friday", "월~금요일 09:00"),
        ("0 9 * * 0,6", "at 09:00 on Saturday and Sunday", "토·일요일 09:00"),
        ("0 9 * * 1,3,5", "at 09:00 on Monday, Wednesday and Friday", "월·수·금요일 09:00"),
        ("0 9 * * 0,5,6", "at 09:00, Friday to Sunday", "금~일요일 09:00"),
        ("0 0 1 * *", "at 00:00 on the 1st of every month", "매월 1일 00:00"),
        ("0 0 1,15 * *", "at 00:00 on the 1st and 15th of every month", "매월 1일, 15일 00:00"),
        ("0 0 1-7 * *", "at 00:00 on the 1st to 7th of every month", "매월 1~7일 00:00"),
        ("0 0 2,3,23 1,7 *", "at 00:00 on the 2nd, 3rd and 23rd of January and July", "1월, 7월 2일, 3일, 23일 00:00"),
        ("@yearly", "at 00:00 on the 1st of January", "1월 1일 00:00"),
        (
            "0 0 13 * 5",
            "at 00:00 on the 13th of every month and also every Friday",
            "매월 13일 그리고 매주 금요일 00:00",
        ),
        ("0 0 13 6 5", "at 00:00 on the 13th and also every Friday, in June", "6월 13일 그리고 6월 매주 금요일 00:00"),
        ("0 0 1-31 * Mon", "at 00:00 every day", "매일 00:00"),
        ("0 12 * 6-8 *", "at 12:00 every day in June to August", "6~8월 매일 12:00"),
        ("* * * JAN-MAR MON-FRI", "every minute, Monday to Friday in January to March", "1~3월 월~금요일 매분"),
        ("*/10 * * 12 *", "every 10 minutes in December", "12월 10분마다"),
        ("0 0 31 2 *", "never: no such day or time exists", "실행되지 않음: 그런 날짜나 시각이 없습니다"),
        (", * * * *", "never: no such day or time exists", "실행되지 않음: 그런 날짜나 시각이 없습니다"),
        ("0 0 , * *", "never: no such day or time exists", "실행되지 않음: 그런 날짜나 시각이 없습니다"),
        ("0 0 31 2 1", "at 00:00 every Monday in February", "2월 매주 월요일 00:00"),
        ("@every 90s", "every 1 minute 30 seconds", "1분 30초마다"),
        ("@every 1h", "every hour", "1시간마다"),
        ("@every 2h", "every 2 hours", "2시간마다"),
        ("TZ=Asia/Seoul 0 3 * * *", "at 03:00 every day (Asia/Seoul)", "매일 03:00 (Asia/Seoul)"),
    ];
    for (text, english, korean) in table {
        let schedule = parse_standard(text).unwrap();
        assert_eq!(describe(&schedule, Lang::En), english, "{text}");
        assert_eq!(describe(&schedule, Lang::Ko), korean, "{text}");
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_sets_have_words_and_those_without_a_run_are_the_ones_called_never(
            minute in 0u64..1 << 60, hour in 0u64..1 << 24, day_of_month in 0u64..1 << 32,
            month in 0u64..1 << 13, day_of_week in 0u64..1 << 7,
        ) {
            let fields = Fields { minute, hour, day_of_month, month, day_of_week };
            let schedule = Schedule { timing: Timing::Fields(fields), zone: None };
            prop_assert!(!describe(&schedule, Lang::Ko).is_empty());
            let never = schedule.next(0, &crate::cron::Zone::utc()).is_none();
            prop_assert_eq!(describe(&schedule, Lang::En).starts_with("never"), never);
        }
    }
}
