//! What mail says, in each language.

use pesan_model::access::Language;

use super::MailContent;

/// Somebody may join `organization` with `link`.
pub(crate) fn invitation(language: Language, organization: &str, inviter: Option<&str>, link: &str) -> MailContent {
    let (subject, text) = match language {
        Language::En => (
            format!("Join {organization} on Pesan"),
            format!(
                "{who} invites you to answer WhatsApp messages of {organization} together.\n\n\
                 Open this link to choose your password. It works once, for seven days:\n\n{link}\n",
                who = inviter.unwrap_or("Your organization"),
            ),
        ),
        Language::Id => (
            format!("Bergabung dengan {organization} di Pesan"),
            format!(
                "{who} mengundang Anda untuk bersama-sama menjawab pesan WhatsApp {organization}.\n\n\
                 Buka tautan ini untuk memilih kata sandi. Tautan berlaku sekali, selama tujuh hari:\n\n{link}\n",
                who = inviter.unwrap_or("Organisasi Anda"),
            ),
        ),
        Language::Ar => (
            format!("انضم إلى {organization} على Pesan"),
            format!(
                "يدعوك {who} للرد معًا على رسائل واتساب الخاصة بـ {organization}.\n\n\
                 افتح هذا الرابط لاختيار كلمة المرور. يعمل مرة واحدة ولمدة سبعة أيام:\n\n{link}\n",
                who = inviter.unwrap_or("فريقك"),
            ),
        ),
    };
    MailContent { subject, text }
}

/// The account `name` has needed a person for `minutes`; `queued` messages wait; `link` opens its QR code.
pub(crate) fn dropped(language: Language, name: &str, minutes: u64, queued: u64, link: &str) -> MailContent {
    let (subject, text) = match language {
        Language::En => (
            format!("{name} is disconnected from WhatsApp"),
            format!(
                "The account {name} has been disconnected for {minutes} minutes and needs a person.\n\
                 Messages that wait to be sent: {queued}. They leave by themselves once it is connected.\n\n\
                 Reconnect it here:\n\n{link}\n",
            ),
        ),
        Language::Id => (
            format!("{name} terputus dari WhatsApp"),
            format!(
                "Akun {name} sudah terputus selama {minutes} menit dan memerlukan seseorang.\n\
                 Pesan yang menunggu dikirim: {queued}. Semuanya terkirim sendiri setelah tersambung lagi.\n\n\
                 Sambungkan kembali di sini:\n\n{link}\n",
            ),
        ),
        Language::Ar => (
            format!("انقطع {name} عن واتساب"),
            format!(
                "الحساب {name} مقطوع منذ {minutes} دقيقة ويحتاج إلى تدخل.\n\
                 الرسائل التي تنتظر الإرسال: {queued}. ستُرسل تلقائيًا بعد إعادة الاتصال.\n\n\
                 أعد الاتصال من هنا:\n\n{link}\n",
            ),
        ),
    };
    MailContent { subject, text }
}

/// A reminder whose time has come.
pub(crate) struct Due<'a> {
    /// What the person or chat is called.
    pub(crate) about: Option<&'a str>,
    /// Of what.
    pub(crate) text: &'a str,
    /// When, as the one who reads it writes times.
    pub(crate) at: &'a str,
    /// Opens what it is about.
    pub(crate) link: &'a str,
}

/// Somebody wanted to be reminded.
pub(crate) fn reminded(language: Language, due: &Due<'_>) -> MailContent {
    let Due { about, text, at, link } = due;
    let about = about.map(|about| format!("{about}: ")).unwrap_or_default();
    let (subject, hint) = match language {
        Language::En => ("Reminder", "You get this because you are reminded of it. Open it here:"),
        Language::Id => (
            "Pengingat",
            "Anda menerima ini karena ada pengingat untuk Anda. Buka di sini:",
        ),
        Language::Ar => ("تذكير", "وصلك هذا لأن لك تذكيرًا به. افتحه من هنا:"),
    };
    // What people wrote can have lines, a subject cannot.
    let first_line = |text: &str| {
        text.lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(80)
            .collect::<String>()
    };
    MailContent {
        subject: format!("{subject}: {}", first_line(&format!("{about}{text}"))),
        text: format!("{about}{text}\n{at}\n\n{hint}\n\n{link}\n"),
    }
}

/// Somebody wanted to see that mail arrives.
pub(crate) fn test(language: Language) -> MailContent {
    let (subject, text) = match language {
        Language::En => ("Mail from Pesan arrives", "This is the test that you asked for.\n"),
        Language::Id => ("Surel dari Pesan sampai", "Ini adalah uji coba yang Anda minta.\n"),
        Language::Ar => ("بريد Pesan يصل", "هذا هو الاختبار الذي طلبته.\n"),
    };
    MailContent {
        subject: subject.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_what_matters() {
        for language in [Language::En, Language::Id, Language::Ar] {
            let mail = invitation(language, "Yayasan", Some("Sari"), "https://pesan.example/invite#t");
            assert!(mail.subject.contains("Yayasan"));
            assert!(mail.text.contains("Sari") && mail.text.contains("https://pesan.example/invite#t"));
            let mail = dropped(language, "Kantor", 10, 14, "https://pesan.example/accounts");
            assert!(mail.subject.contains("Kantor"));
            for part in ["10", "14", "https://pesan.example/accounts"] {
                assert!(mail.text.contains(part), "{part}");
            }
            let due = Due {
                about: Some("Siti"),
                text: "Kirim kwitansi\nbesok",
                at: "2026-11-20 14:30 (Asia/Jakarta)",
                link: "https://pesan.example/chats/1",
            };
            let mail = reminded(language, &due);
            assert!(mail.subject.ends_with(": Siti: Kirim kwitansi"), "{}", mail.subject);
            for part in ["Siti: Kirim kwitansi\nbesok", due.at, due.link] {
                assert!(mail.text.contains(part), "{part}");
            }
            assert!(!test(language).text.is_empty());
        }
    }
}
