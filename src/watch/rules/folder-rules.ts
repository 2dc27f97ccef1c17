/** Returns whether a folder has an entry with a name. */
export type HasEntry = (name: string) => boolean;

/** The entries that are excluded in one folder, by rules of a version control system or of Docker. */
export interface FolderRules {
  /**
   * Whether an entry of this folder is excluded. An excluded folder is not entered.
   * @param name with one character per byte
   */
  ignores(name: string, isFolder: boolean): boolean;
  /** Whether an entry with this name contains rules. If it changes, other entries may become excluded or included. */
  isRuleFile(name: string): boolean;
  /**
   * Reads the rules of a subfolder.
   * @param has whether the subfolder has an entry; most have no rule file, and reading it can be skipped
   * @param isIncluded whether a stronger rule includes the subfolder even if these rules exclude it
   */
  enter(name: string, has: HasEntry, isIncluded: boolean): Promise<FolderRules>;
}

/** Rules that exclude nothing. */
export const NO_RULES: FolderRules = {
  ignores: () => false,
  isRuleFile: () => false,
  enter: async () => NO_RULES,
};
