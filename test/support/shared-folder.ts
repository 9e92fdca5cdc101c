/** The variable that names the folder in which the files of one test run keep what is made once for all; left out: none. */
export const sharedFolder = 'TEST_RUN_FOLDER';
