/** Small pictures of what to do on the phone. */
import type { ReactNode } from "react";
import classes from "./LinkDialog.module.css";

export const STEP_NAMES = ["step1", "step2", "step3", "step4", "step5"] as const;
export type StepName = (typeof STEP_NAMES)[number];

const PHONE = <rect x="13" y="3" width="22" height="42" rx="4" className={classes.paper} />;

const PICTURES: Record<StepName, ReactNode> = {
  // A phone with a round bubble on its screen.
  step1: (
    <>
      {PHONE}
      <circle cx="24" cy="23" r="7.5" className={classes.strong} />
      <path d="m18.2 31 1.3-4.6 3 2.6Z" className={classes.strong} />
      <path d="M21.5 20.5h5M21.5 24h3.4" className={classes.onStrong} />
      <path d="M21 40.5h6" />
    </>
  ),
  // Three dots at the top, a gear at the bottom.
  step2: (
    <>
      {PHONE}
      <path d="M17 9h7" />
      <circle cx="30.5" cy="7.4" r="1.3" className={classes.strong} />
      <circle cx="30.5" cy="11.2" r="1.3" className={classes.strong} />
      <circle cx="30.5" cy="15" r="1.3" className={classes.strong} />
      <circle cx="24" cy="33.5" r="3.4" className={classes.mark} />
      <path
        d="M24 27.4v2.2M24 37.4v2.2M17.9 33.5h2.2M27.9 33.5h2.2M19.7 29.2l1.5 1.5M26.8 36.3l1.5 1.5M28.3 29.2l-1.5 1.5M21.2 36.3l-1.5 1.5"
        className={classes.mark}
      />
    </>
  ),
  // A list whose row with a screen is chosen.
  step3: (
    <>
      {PHONE}
      <path d="M17.5 11h13M17.5 16h9M17.5 36h13" />
      <rect x="10" y="20.5" width="28" height="10.5" rx="3" className={classes.strong} />
      <rect x="13.5" y="23" width="7" height="4.6" rx="0.8" className={classes.onStrong} />
      <path d="M12.6 29h8.8M24.5 25.8h9.5" className={classes.onStrong} />
    </>
  ),
  // A button, and a lock that opens.
  step4: (
    <>
      {PHONE}
      <rect x="17.5" y="31.5" width="13" height="6" rx="3" className={classes.strong} />
      <rect x="18.5" y="18" width="11" height="8.5" rx="2" className={classes.mark} />
      <path d="M21 18v-3a3.2 3.2 0 0 1 6.2-1.1" className={classes.mark} />
      <circle cx="24" cy="22.2" r="1" className={classes.strong} />
    </>
  ),
  // A phone held before a screen with a code.
  step5: (
    <>
      <rect x="2.5" y="8" width="27" height="21" rx="2.5" className={classes.paper} />
      <path d="M11 34h10M16 29v5" />
      <path d="M8.5 13.5h5v5h-5ZM18.5 13.5h5v5h-5ZM8.5 21.5h5v3.5h-5Z" className={classes.mark} />
      <path d="M19 22h1.6M22.6 24.6h1.6" className={classes.mark} />
      <rect x="28" y="17" width="16" height="28" rx="3.5" className={classes.paper} />
      <path d="M32 26v-3h3M40 26v-3h-3M32 34v3h3M40 34v3h-3" className={classes.mark} />
      <path d="M31.5 30h9" className={classes.beam} />
    </>
  ),
};

export function StepPicture({ step }: { step: StepName }) {
  return (
    <svg viewBox="0 0 48 48" aria-hidden className={classes.picture}>
      {PICTURES[step]}
    </svg>
  );
}
