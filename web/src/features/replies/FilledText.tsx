import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { parts } from "./holes";
import classes from "./Replies.module.css";

/** A text whose variables were filled in, with a mark on each that has no value. */
export function FilledText({ text, missing }: { text: string; missing: readonly string[] }) {
  const { t } = useTranslation();
  return parts(text, missing).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other name
    <Fragment key={index}>
      {part.isHole ? (
        <mark className={classes.hole} title={t("replies.hole")}>
          {part.text}
        </mark>
      ) : (
        part.text
      )}
    </Fragment>
  ));
}
