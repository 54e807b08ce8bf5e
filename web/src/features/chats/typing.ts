import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "~/api/queries";
import type { TypingNow } from "~/live/patch";

/** What the other side does right now, as the live stream last said. */
export function useTyping(chatId: string): TypingNow | null {
  const typing = useQuery<TypingNow | null>({
    queryKey: keys.typing(chatId),
    queryFn: () => null,
    enabled: false,
    initialData: null,
  }).data;
  const [over, setOver] = useState<TypingNow>();
  useEffect(() => {
    if (!typing) return;
    const timer = setTimeout(() => setOver(typing), Math.max(0, typing.until - Date.now()));
    return () => clearTimeout(timer);
  }, [typing]);
  return typing && over !== typing ? typing : null;
}
