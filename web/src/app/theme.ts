/** How Mantine looks here: a calm teal, the system's fonts, soft corners. */
import {
  Badge,
  Button,
  Card,
  createTheme,
  Drawer,
  type MantineColorsTuple,
  Menu,
  Modal,
  Skeleton,
  Tooltip,
} from "@mantine/core";

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
    Badge: Badge.extend({ defaultProps: { tt: "none", fw: 550 } }),
    Button: Button.extend({ defaultProps: { fw: 550 } }),
    Card: Card.extend({ defaultProps: { withBorder: true, radius: "lg", padding: "lg" } }),
    Drawer: Drawer.extend({
      styles: { title: { fontWeight: 650 } },
      // Otherwise it counts as a second banner of the page.
      defaultProps: {
        position: "right",
        overlayProps: { backgroundOpacity: 0.4 },
        attributes: { header: { role: "presentation" } },
      },
    }),
    Menu: Menu.extend({
      defaultProps: {
        shadow: "md",
        position: "bottom-end",
        withinPortal: true,
        // The focus goes to the first line; a placeholder is nothing that a menu may contain.
        withInitialFocusPlaceholder: false,
      },
    }),
    Modal: Modal.extend({
      styles: { title: { fontWeight: 650 } },
      defaultProps: {
        centered: true,
        radius: "lg",
        overlayProps: { backgroundOpacity: 0.4 },
        attributes: { header: { role: "presentation" } },
      },
    }),
    Skeleton: Skeleton.extend({ defaultProps: { radius: "md" } }),
    Tooltip: Tooltip.extend({
      defaultProps: { withArrow: true, openDelay: 300, events: { hover: true, focus: true, touch: true } },
    }),
  },
});
