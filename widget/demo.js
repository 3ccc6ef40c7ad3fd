// The page's language: ?lang=en shows the English half, everything else the Arabic one. Loaded before the page is
// drawn, so that nothing flickers.
const TITLES = { ar: document.title, en: "Sample clinic · Derma Pen for cellulite" };

function speak(language) {
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  document.title = TITLES[language];
}

if (new URLSearchParams(location.search).get("lang") === "en") speak("en");

// Whoever changes the language in the chat reads the page in it too.
document.addEventListener("derma-chat-language", ({ detail: { language } }) => {
  speak(language);
  const address = new URL(location.href);
  if (language === "en") address.searchParams.set("lang", "en");
  else address.searchParams.delete("lang");
  history.replaceState(null, "", address);
});
