import { Button, Text } from "@mantine/core";
import { getRouteApi, useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "~/ui/EmptyState";
import { fetched } from "~/ui/fetched";
import { IconChats, IconNewMessage } from "~/ui/icons";
import { ChatList } from "./ChatList";
import classes from "./ChatsPage.module.css";

// The list is there before what is opened from it.
const NewMessage = fetched(async () => (await import("./NewMessage")).NewMessage);
const Thread = fetched(async () => (await import("./Thread")).Thread);
const ContactPanel = fetched(async () => (await import("~/features/contacts/ContactPanel")).ContactPanel);

const route = getRouteApi("/shell/chats");

export function ChatsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const chatId = useParams({ strict: false, select: (params) => params.chatId });
  const isLooking = search.within === true && search.message === undefined;
  const setNew = (open: boolean) =>
    void navigate({
      to: ".",
      search: (known) => ({ ...known, new: open ? true : undefined, to: undefined, through: undefined }),
    });

  return (
    // Where there is room for one of them: while a chat is searched, what was found comes first.
    <div className={classes.panes} data-thread={(chatId !== undefined && !isLooking) || undefined}>
      <section className={classes.list} aria-label={t("command.list")}>
        <ChatList search={search} chatId={chatId} onNew={() => setNew(true)} />
      </section>
      <section className={classes.thread}>
        {chatId === undefined ? (
          <EmptyState icon={<IconChats size={30} />} title={t("chat.choose")} text={t("chat.chooseText")}>
            <Button variant="light" mt="sm" leftSection={<IconNewMessage size={18} />} onClick={() => setNew(true)}>
              {t("chat.new")}
            </Button>
            <Text size="sm" c="dimmed" mt="xs" visibleFrom="sm">
              <kbd>J</kbd> <kbd>K</kbd> · <kbd>Ctrl</kbd> <kbd>K</kbd> · <kbd>?</kbd> {t("command.help")}
            </Text>
          </EmptyState>
        ) : (
          <Thread key={chatId} chatId={chatId} message={search.message} />
        )}
      </section>
      {chatId !== undefined && <ContactPanel key={`panel-${chatId}`} chatId={chatId} />}
      {search.new && (
        <NewMessage accountId={search.through ?? search.account} to={search.to} onClose={() => setNew(false)} />
      )}
    </div>
  );
}
