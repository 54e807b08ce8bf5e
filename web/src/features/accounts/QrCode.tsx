import { useQuery } from "@tanstack/react-query";
import { qrQuery } from "~/api/queries";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { QrFrame } from "./QrFrame";

/** Asked again this long after a code ran out, and this often while there is none. */
const POLL_MS = 1_000;

interface Props {
  accountId: string;
  accountName: string;
  /** No more codes come by themselves. */
  hasEnded: boolean;
  onAgain(): void;
}

/**
 * The current QR code with the time it is still good. A live hint announces the next one at once;
 * when that does not arrive, the code is asked for again as it expires.
 */
export function QrCode({ accountId, accountName, hasEnded, onAgain }: Props) {
  const { data, dataUpdatedAt, error, refetch } = useQuery({
    ...qrQuery(accountId),
    enabled: !hasEnded,
    refetchInterval: ({ state }) => Math.max(POLL_MS, state.data?.remainingMs ?? 0) + 200,
    refetchIntervalInBackground: true,
  });
  if (error && !data) return <ProblemAlert error={error} retry={() => void refetch()} />;
  const code = data ? { png: data.png, remainingMs: data.remainingMs, readAt: dataUpdatedAt } : undefined;
  return <QrFrame code={code} accountName={accountName} hasEnded={hasEnded} onAgain={onAgain} />;
}
