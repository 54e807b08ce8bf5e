/** Every address of the app. Each page is fetched when it is first opened. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { Problem } from "~/api/problem";
import { meQuery, setupQuery } from "~/api/queries";
import { chatsSearch } from "~/features/chats/filters";
import { dashboardSearch } from "~/features/dashboard/period";
import { CrashPage } from "./CrashPage";
import { NotFoundPage } from "./NotFoundPage";
import { Shell } from "./Shell";

interface Context {
  client: QueryClient;
}

const rootRoute = createRootRouteWithContext<Context>()({
  component: Outlet,
  errorComponent: CrashPage,
  notFoundComponent: NotFoundPage,
});

/** Only an address inside the app is returned to after a log-in. */
export function insideApp(address: unknown): string | undefined {
  return typeof address === "string" && /^\/(?![/\\])/.test(address) ? address : undefined;
}

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { redirect?: string; ended?: boolean } => ({
    redirect: insideApp(search.redirect),
    ended: search.ended === true ? true : undefined,
  }),
  beforeLoad: async ({ context, search }) => {
    const setup = await context.client.ensureQueryData(setupQuery);
    if (setup.needs_owner) throw redirect({ to: "/setup" });
    if (await context.client.ensureQueryData(meQuery)) throw redirect({ href: search.redirect ?? "/chats" });
  },
  component: lazyRouteComponent(() => import("~/features/auth/LoginPage"), "LoginPage"),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  beforeLoad: ({ context }) => context.client.ensureQueryData(setupQuery).then(() => undefined),
  component: lazyRouteComponent(() => import("~/features/auth/SetupPage"), "SetupPage"),
});

const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/invitation",
  component: lazyRouteComponent(() => import("~/features/auth/InvitationPage"), "InvitationPage"),
});

/** Without a log-in: the link is what lets in. */
const remoteLinkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/link",
  component: lazyRouteComponent(() => import("~/features/accounts/RemoteLinkPage"), "RemoteLinkPage"),
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    if (await context.client.ensureQueryData(meQuery)) return;
    const setup = await context.client.ensureQueryData(setupQuery);
    if (setup.needs_owner) throw redirect({ to: "/setup" });
    throw redirect({ to: "/login", search: location.href === "/" ? {} : { redirect: location.href } });
  },
  component: Shell,
});

const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/chats" });
  },
});

const accountsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/accounts",
  // The account whose dialog is open: an address to send to whoever has the phone.
  validateSearch: (search: Record<string, unknown>): { link?: string } => ({
    link: typeof search.link === "string" ? search.link : undefined,
  }),
  component: lazyRouteComponent(() => import("~/features/accounts/AccountsPage"), "AccountsPage"),
});

const ChatsPage = lazyRouteComponent(() => import("~/features/chats/ChatsPage"), "ChatsPage");

const chatsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/chats",
  validateSearch: chatsSearch,
  component: ChatsPage,
});

const chatRoute = createRoute({
  getParentRoute: () => chatsRoute,
  path: "$chatId",
});

const dashboardRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/dashboard",
  validateSearch: dashboardSearch,
  component: lazyRouteComponent(() => import("~/features/dashboard/DashboardPage"), "DashboardPage"),
});

const webhooksRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("~/features/webhooks/WebhooksPage"), "WebhooksPage"),
});

export const SETTINGS_TABS = [
  "you",
  "organization",
  "keys",
  "members",
  "inbox",
  "replies",
  "automatic",
  "contacts",
  "audit",
] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];

const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings",
  validateSearch: (search: Record<string, unknown>): { tab?: SettingsTab } => ({
    tab: SETTINGS_TABS.find((tab) => tab === search.tab),
  }),
  component: lazyRouteComponent(() => import("~/features/settings/SettingsPage"), "SettingsPage"),
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  setupRoute,
  invitationRoute,
  remoteLinkRoute,
  shellRoute.addChildren([
    homeRoute,
    accountsRoute,
    chatsRoute.addChildren([chatRoute]),
    dashboardRoute,
    webhooksRoute,
    settingsRoute,
  ]),
]);

export function createAppRouter(client: QueryClient, history?: RouterHistory) {
  const router = createRouter({
    routeTree,
    history,
    context: { client },
    defaultPreload: "intent",
    scrollRestoration: true,
  });
  // Any call can find that the session has ended.
  client.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error") onFailure(event.action.error);
  });
  client.getMutationCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error") onFailure(event.action.error);
  });
  return router;

  /** Whoever was logged in logs in again, and comes back to where they were. */
  function onFailure(error: unknown) {
    const ended = error instanceof Problem && error.status === 401 && client.getQueryData(meQuery.queryKey) != null;
    if (!ended) return;
    client.clear();
    void router.navigate({ to: "/login", search: { redirect: router.state.location.href, ended: true } });
  }
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
