import { CloseButton, Group, Image, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconFile } from "~/ui/icons";
import { bytes } from "~/ui/time";
import classes from "./Composer.module.css";
import { brokenLimit } from "./files";

/** The files that go with the next message. */
export function Attachments({ files, onRemove }: { files: File[]; onRemove(file: File): void }) {
  const { t } = useTranslation();
  if (files.length === 0) return null;
  return (
    <ul className={classes.files} aria-label={t("composer.files")}>
      {files.map((file, index) => {
        const limit = brokenLimit(file);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same file can be chosen twice
          <li key={index} className={classes.attached}>
            <Preview file={file} />
            <div className={classes.grow}>
              <Text size="sm" truncate dir="auto">
                {file.name}
              </Text>
              <Text size="xs" c={limit ? "var(--problem)" : "dimmed"} role={limit ? "alert" : undefined}>
                {limit ? t("chat.tooBig", { max: bytes(limit) }) : bytes(file.size)}
              </Text>
            </div>
            <CloseButton
              aria-label={files.length === 1 ? t("chat.removeFile") : t("composer.remove", { name: file.name })}
              onClick={() => onRemove(file)}
            />
          </li>
        );
      })}
    </ul>
  );
}

function Preview({ file }: { file: File }) {
  const isPicture = /^image\/(jpeg|png|webp|gif)$/.test(file.type);
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!isPicture) return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file, isPicture]);
  if (!url) return <IconFile size={26} aria-hidden />;
  return (
    <Group className={classes.thumb}>
      <Image src={url} alt="" w={40} h={40} fit="cover" radius="sm" />
    </Group>
  );
}
