import { CheckIcon, Combobox, Group, useCombobox } from "@mantine/core";
import { type ReactElement, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

export interface PickerOption {
  value: string;
  label: string;
  checked: boolean;
  /** Stands before the label. */
  icon?: ReactElement;
}

interface Props {
  opened: boolean;
  onOpened(opened: boolean): void;
  /** What is looked for. */
  search: string;
  groups: { label: string; options: PickerOption[] }[];
  onPick(value: string): void;
  /** Stays open after a choice, for several. */
  isMany?: boolean | undefined;
  /** Its button is in a dialog, and so it is above dialogs. */
  isInDialog?: boolean | undefined;
  /** Makes what was typed when there is nothing of this name. */
  create?: { label(name: string): string; run(name: string): void } | undefined;
  children: ReactElement;
}

const CREATE = "+create";

/** A list behind a button, with a field to find things in it. */
export function Picker({ opened, onOpened, search, groups, onPick, isMany, isInDialog, create, children }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const store = useCombobox({ opened, onOpenedChange: onOpened, onDropdownClose: () => store.resetSelectedOption() });
  const { focusTarget } = store;
  const giveBack = useRef(focusTarget);
  giveBack.current = focusTarget;
  /** It is opened by its button and by keys, and what is typed belongs to it at once. */
  const focus = useCallback((element: HTMLInputElement | null) => {
    field.current = element;
    element?.focus({ preventScroll: true });
  }, []);
  const wasOpened = useRef(opened);
  useEffect(() => {
    if (wasOpened.current && !opened) {
      setTyped("");
      const focused = document.activeElement;
      // Whoever chose something else to go on with keeps it.
      if (focused === document.body || focused === field.current) giveBack.current();
    }
    wasOpened.current = opened;
  }, [opened]);
  const wanted = typed.trim().toLocaleLowerCase();
  const shown = groups
    .map((group) => ({
      ...group,
      options: group.options.filter((option) => option.label.toLocaleLowerCase().includes(wanted)),
    }))
    .filter((group) => group.options.length > 0);
  const isKnown = groups.some((group) => group.options.some((option) => option.label.toLocaleLowerCase() === wanted));

  return (
    <Combobox
      store={store}
      width={260}
      position="bottom-end"
      withinPortal
      keepMounted={false}
      // Dialogs are at 200.
      zIndex={isInDialog ? 300 : 150}
      onOptionSubmit={(value) => {
        if (value === CREATE) create?.run(typed.trim());
        else onPick(value);
        setTyped("");
        if (!isMany) onOpened(false);
      }}
    >
      <Combobox.Target targetType="button" withAriaAttributes={false}>
        {children}
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          ref={focus}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            store.updateSelectedOptionIndex();
          }}
          placeholder={search}
          aria-label={search}
        />
        <Combobox.Options mah={300} style={{ overflowY: "auto" }} aria-label={search}>
          {shown.map((group) => (
            <Combobox.Group key={group.label} label={group.label}>
              {group.options.map((option) => (
                <Combobox.Option key={option.value} value={option.value} active={option.checked}>
                  <Group gap="xs" wrap="nowrap">
                    {option.icon}
                    <span dir="auto" style={{ flex: 1, minWidth: 0 }}>
                      {option.label}
                    </span>
                    {option.checked && <CheckIcon size={12} aria-hidden />}
                  </Group>
                </Combobox.Option>
              ))}
            </Combobox.Group>
          ))}
          {create && wanted !== "" && !isKnown && (
            <Combobox.Option value={CREATE}>{create.label(typed.trim())}</Combobox.Option>
          )}
          {shown.length === 0 && (!create || wanted === "") && <Combobox.Empty>{t("command.none")}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
