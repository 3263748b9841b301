/** Where a link leads by which a person decides. */
export const decidePath = '/v1/approvals/decide';
