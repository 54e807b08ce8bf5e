/** How Mantine looks here: a calm teal, the system's fonts, soft corners. */
import type { Badge, Button, Card, Drawer, Menu, Modal, Skeleton, Tooltip } from "@mantine/core";
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const teal: MantineColorsTuple = [
  "#e7f7f2",
  "#d0ede3",
  "#a1dac7",
  "#6ec7a9",
  "#45b790",
  "#2aa880",
  "#179a73",
  "#0a8a66",
  "#067a5b",
  "#05664c",
];

const dark: MantineColorsTuple = [
  "#d7dedc",
  "#b3bdbb",
  "#93a09d",
  "#66736f",
  "#364240",
  "#2a3533",
  "#202a28",
  "#161d1c",
  "#101615",
  "#0b100f",
];

const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "Helvetica Neue", Arial, sans-serif, "Noto Color Emoji"';

/** What `extend` of a component takes. Its type is enough: the component itself comes with the page that shows it. */
type Defaults<T extends { extend: (input: never) => unknown }> = Parameters<T["extend"]>[0];

export const theme = createTheme({
  primaryColor: "teal",
  primaryShade: { light: 8, dark: 8 },
  colors: { teal, dark },
  fontFamily: FONT,
  headings: { fontFamily: FONT, fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Badge: { defaultProps: { tt: "none", fw: 550 } } satisfies Defaults<typeof Badge>,
    Button: { defaultProps: { fw: 550 } } satisfies Defaults<typeof Button>,
    Card: { defaultProps: { withBorder: true, radius: "lg", padding: "lg" } } satisfies Defaults<typeof Card>,
    Drawer: {
      styles: { title: { fontWeight: 650 } },
      // Otherwise it counts as a second banner of the page.
      defaultProps: {
        position: "right",
        overlayProps: { backgroundOpacity: 0.4 },
        attributes: { header: { role: "presentation" } },
      },
    } satisfies Defaults<typeof Drawer>,
    Menu: {
      defaultProps: {
        shadow: "md",
        position: "bottom-end",
        withinPortal: true,
        // The focus goes to the first line; a placeholder is nothing that a menu may contain.
        withInitialFocusPlaceholder: false,
      },
    } satisfies Defaults<typeof Menu>,
    Modal: {
      styles: { title: { fontWeight: 650 } },
      defaultProps: {
        centered: true,
        radius: "lg",
        overlayProps: { backgroundOpacity: 0.4 },
        attributes: { header: { role: "presentation" } },
      },
    } satisfies Defaults<typeof Modal>,
    Skeleton: { defaultProps: { radius: "md" } } satisfies Defaults<typeof Skeleton>,
    Tooltip: {
      defaultProps: { withArrow: true, openDelay: 300, events: { hover: true, focus: true, touch: true } },
    } satisfies Defaults<typeof Tooltip>,
  },
});
