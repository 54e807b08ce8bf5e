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

createRoot(root).render(
  <StrictMode>
    <Surroundings client={client}>
      <RouterProvider router={router} />
    </Surroundings>
  </StrictMode>,
);
