import { UnstyledButton } from "@mantine/core";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Composer.module.css";

/** What people in a chat with a charity need most. */
const GROUPS = {
  faces:
    "😀 😃 😄 😁 😆 😅 😂 🤣 😊 😇 🙂 🙃 😉 😌 😍 🥰 😘 😋 😜 🤗 🤭 🤔 🤨 😐 😑 😶 🙄 😏 😴 😪 😮 😯 😲 😳 🥺 😢 😭 😤 😠 😡 😱 😨 😰 😥 😓 🤒 🤕 🤧 😷 🥳 😎 🤓",
  hands: "👍 👎 👌 ✌️ 🤞 🤝 🙏 👏 🙌 👐 🤲 💪 👋 ✋ ☝️ 👆 👇 👈 👉 ✍️ 🤳 👀 🙋 🙇 🤦 🤷",
  hearts: "❤️ 🧡 💛 💚 💙 💜 🤎 🖤 🤍 💖 💕 💞 💐 🌹 🌷 🌸 🌻 🌿 🍀 ⭐ 🌟 ✨ 🔥 🎉 🎊 🎁 🎂 🎈",
  life: "👨‍👩‍👧‍👦 👶 🧒 👩 👨 🧕 👵 👴 🏠 🏫 🏥 🕌 ⛪ 🛕 🚗 🚌 ✈️ 🌍 ☀️ 🌧️ 🌊 🌙 🕋 📿 🍚 🍞 🍲 🍎 🥛 ☕ 🍵 💧",
  things: "💰 💵 💳 🧾 📄 📎 📌 📅 ⏰ 📞 📱 💻 ✉️ 📷 🎤 📢 📚 ✏️ 🔗 🔒 🔑 ✅ ☑️ ❌ ❗ ❓ ⚠️ ➡️ ⬅️ 🔄 💯 🇮🇩",
} as const;

const NAMES = Object.keys(GROUPS) as (keyof typeof GROUPS)[];
const COLUMNS = 7;

/** The emoji in their groups. Arrow keys move among them, so that Tab does not have to pass them all. */
export default function EmojiGrid({ onPick }: { onPick(emoji: string): void }) {
  const { t } = useTranslation();
  const grid = useRef<HTMLDivElement>(null);
  const [reached, setReached] = useState(0);
  const onKeyDown = (event: KeyboardEvent) => {
    const forth = document.dir === "rtl" ? -1 : 1;
    const step = { ArrowRight: forth, ArrowLeft: -forth, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = grid.current?.querySelectorAll("button");
    const next = buttons?.[reached + step];
    if (!next) return;
    setReached(reached + step);
    next.focus();
  };
  let place = -1;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move the focus among the buttons in it
    <div ref={grid} onKeyDown={onKeyDown}>
      {NAMES.map((name) => (
        // biome-ignore lint/a11y/useSemanticElements: nothing is filled in here, so it is no set of fields
        <div key={name} role="group" aria-label={t(`composer.emoji_${name}`)}>
          <div className={classes.emojiGroup} aria-hidden>
            {t(`composer.emoji_${name}`)}
          </div>
          <div className={classes.emojis}>
            {GROUPS[name].split(" ").map((emoji) => {
              place += 1;
              const own = place;
              return (
                <UnstyledButton
                  key={emoji}
                  className={classes.emoji}
                  tabIndex={own === reached ? 0 : -1}
                  data-autofocus={own === 0 || undefined}
                  onFocus={() => setReached(own)}
                  onClick={() => onPick(emoji)}
                >
                  {emoji}
                </UnstyledButton>
              );
            })}
          </div>
        </div>
      ))}
    </div>
  );
}
