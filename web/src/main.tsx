import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./app/global.css";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "./app/queryClient";
import { createAppRouter } from "./app/router";
import { Surroundings } from "./app/Surroundings";
import { preferredLanguage, startI18n } from "./i18n";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

await startI18n(preferredLanguage());

const client = createQueryClient();
const router = createAppRouter(client);

// A call that answers 401 means that the session has ended: log in and come back.
client.getQueryCache().subscribe((event) => {
  if (event.type === "updated" && event.action.type === "error") router.options.context.onFailure(event.action.error);
});
client.getMutationCache().subscribe((event) => {
  if (event.type === "updated" && event.action.type === "error") router.options.context.onFailure(event.action.error);
});

createRoot(root).render(
  <StrictMode>
    <Surroundings client={client}>
      <RouterProvider router={router} />
    </Surroundings>
  </StrictMode>,
);
