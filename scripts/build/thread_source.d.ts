export declare function threadCode(): string;
