/** Whether a folder has an entry of that name. */
export type HasEntry = (name: string) => boolean;

/** What is left out in one folder, by rules of a version control system or of Docker. */
export interface FolderRules {
  /**
   * Whether an entry of this folder is left out. A folder for which it is true is not entered.
   * @param name with one character per byte
   */
  ignores(name: string, isFolder: boolean): boolean;
  /** Whether an entry of this folder with that name makes rules: a change of it can change what is left out. */
  isRuleFile(name: string): boolean;
  /**
   * Reads the rules of a folder in this one.
   * @param has whether the folder has an entry: most have no file with rules, and reading one can be skipped
   * @param isIncluded whether something stronger than these rules takes the folder in, should they leave it out
   */
  enter(name: string, has: HasEntry, isIncluded: boolean): Promise<FolderRules>;
}

/** Rules that leave nothing out. */
export const NO_RULES: FolderRules = {
  ignores: () => false,
  isRuleFile: () => false,
  enter: async () => NO_RULES,
};
