/**
 * Words by which descriptions try to give orders to a model behind the back of its user. What honest descriptions say too (that a tool must be
 * called before another one, that it takes a password) is not among them.
 */

export interface Phrase {
  /** Of the mark that it makes. */
  readonly id: string
  readonly text: string
  readonly patterns: readonly RegExp[]
}

/** Within one sentence, so many characters. */
const near = (most: number) => `[^.!?\\n]{0,${most}}?`
const english = (source: string) => new RegExp(source, 'i')
const russian = (source: string) => new RegExp(`(?<!\\p{L})${source}`, 'iu')

const orders = 'instructions?|rules|prompts?|directions|guidelines|messages'
const files = '\\.ssh|\\.aws|\\.gnupg|\\.kube|\\.netrc|\\.npmrc|\\.docker|\\.cursor|\\.config/gcloud'

export const phrases: readonly Phrase[] = [
  {
    id: 'hidden-instruction',
    text: 'It tells a model to pass over what it was told before.',
    patterns: [
      english(
        `\\b(?:ignore|disregard|forget|override|bypass)\\b${near(30)}\\b(?:previous|prior|above|earlier|existing|other|all|any|your)\\b${near(25)}\\b(?:${orders})\\b`,
      ),
      english(`\\b(?:new|real|actual|secret|hidden)\\s+(?:system\\s+)?instructions?\\s*:`),
      russian(
        `(?:игнорируй|проигнорируй|забудь|отбрось|не\\s+учитывай)(?:те)?(?!\\p{L})${near(40)}(?:предыдущ|прежн|вышеуказ|остальн|други|все)\\p{L}*${near(30)}(?:инструкци|указани|правил|сообщени|запрет)`,
      ),
    ],
  },
  {
    id: 'kept-from-user',
    text: 'It tells a model to keep something from its user.',
    patterns: [
      english(
        `\\b(?:do\\s+not|don['’]?t|never|must\\s+not|should\\s+not|avoid)\\s+(?:ever\\s+)?(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|reveal(?:ing)?|notify(?:ing)?|alert(?:ing)?|disclos(?:e|ing)|show(?:ing)?)\\b${near(40)}\\b(?:user|human|person|anyone|anybody|them)\\b`,
      ),
      english(
        `\\bwithout\\s+(?:telling|informing|notifying|asking|alerting)\\s+(?:the\\s+|your\\s+)?(?:user|human|person|anyone)\\b`,
      ),
      english(`\\b(?:keep|hide|conceal)\\b${near(30)}\\b(?:secret|hidden|from)\\b${near(15)}\\b(?:user|human|person)\\b`),
      russian(
        `не\\s+(?:говори|сообщай|рассказывай|показывай|упоминай|раскрывай)(?:те)?(?!\\p{L})${near(40)}(?:пользовател|человек|никому)`,
      ),
      russian(`(?:втайне\\s+от|без\\s+ведома|скрой(?:те)?${near(20)}от)\\s+(?:пользовател|человек)`),
    ],
  },
  {
    id: 'before-other-tools',
    text: 'It wants to be called before, or in place of, tools that are not its own.',
    patterns: [
      english(
        `\\bbefore\\s+(?:you\\s+)?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?|execut(?:e|ing))\\s+(?:any|all|every|each)(?:\\s+of\\s+the)?(?:\\s+other)?\\s+tools?\\b`,
      ),
      english(`\\b(?:instead\\s+of|rather\\s+than|do\\s+not\\s+use|never\\s+use)\\s+(?:any|all|every|the)\\s+other\\s+tools?\\b`),
      russian(`(?:перед|прежде|до\\s+того)${near(30)}(?:люб|кажд|все|всех|друг)\\p{L}*\\s+(?:друг\\p{L}*\\s+)?инструмент`),
      russian(`вместо\\s+(?:люб|все|друг)\\p{L}*\\s+(?:друг\\p{L}*\\s+)?инструмент`),
    ],
  },
  {
    id: 'asks-for-secrets',
    text: 'It asks for files or values that hold secrets.',
    patterns: [
      english(`(?:~|\\$HOME|%USERPROFILE%|/root|/home/[^/\\s]+)[/\\\\](?:${files})\\b`),
      english(`\\bid_(?:rsa|ed25519|ecdsa|dsa)\\b|/etc/(?:shadow|passwd|sudoers)\\b`),
      english(
        `\\b(?:read|send|include|pass|attach|upload|copy|contents?\\s+of)\\b${near(40)}(?:\\bprivate\\s+keys?\\b|\\bssh\\s+keys?\\b|(?<![\\w.])\\.env\\b|\\bmcp\\.json\\b|\\bcredentials?\\s+files?\\b|\\benvironment\\s+variables?\\s+(?:of|with|from)\\b)`,
      ),
      russian(
        `(?:прочитай|прочти|отправь|передай|приложи|включи|скопируй)(?:те)?(?!\\p{L})${near(40)}(?:закрыт|приватн|секретн)\\p{L}*\\s+ключ`,
      ),
    ],
  },
  {
    id: 'asks-for-context',
    text: "It asks for a model's own instructions, or for the whole conversation.",
    patterns: [
      english(
        `\\b(?:reveal|print|send|include|pass|copy|repeat|output|provide|contents?\\s+of|your|whole|entire|full)\\s+(?:\\w+\\s+){0,3}(?:system|developer)\\s+(?:prompt|message|instructions)\\b`,
      ),
      english(
        `\\b(?:send|include|pass|copy|attach|provide|append|forward)\\b${near(30)}\\b(?:entire|full|whole|complete)\\s+(?:conversation|chat|dialog(?:ue)?|context)\\b`,
      ),
      russian(
        `(?:сво|тво|ваш|покаж|раскро|передай|отправь|повтор)\\p{L}*${near(20)}системн\\p{L}*\\s+(?:промпт|подсказк|инструкци|сообщени)`,
      ),
      russian(
        `(?:передай|отправь|приложи|включи)(?:те)?(?!\\p{L})${near(30)}(?:вс[юей]\\p{L}*|полн\\p{L}*)\\s+(?:истори\\p{L}*|переписк\\p{L}*|диалог|беседу)`,
      ),
    ],
  },
  {
    id: 'instruction-tag',
    text: 'It dresses up as something that is more than a description.',
    patterns: [
      /<\/\s*(?:important|system|instructions?|secret|hidden|critical|override)\b[^>]{0,80}>/i,
      /<(?:IMPORTANT|SYSTEM|INSTRUCTIONS?|SECRET|HIDDEN|CRITICAL|OVERRIDE)\b[^>]{0,80}>/,
      /<\|[a-z_]{2,30}\|>|\[\/?INST\]|<<\/?SYS>>|\[(?:SYSTEM|ADMIN)\]/,
    ],
  },
]
