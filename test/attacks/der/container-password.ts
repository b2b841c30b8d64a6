/** That of every PKCS#12 container among the seeds. */
export const containerPassword = 'correct horse';
