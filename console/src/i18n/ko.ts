import type { Catalogue } from "./catalogue.ts";

/** Korean. */
export const ko: Catalogue = {
  common: {
    loading: "불러오는 중 …",
    pageLost: "페이지를 불러오지 못했습니다. 새 버전이 나왔을 수 있습니다.",
    loadAgain: "다시 불러오기",
  },
  nav: {
    skip: "본문으로 건너뛰기",
    language: "언어",
    signOut: "로그아웃",
  },
  notFound: {
    title: "이곳에는 아무것도 없습니다",
    about: "주소가 잘못되었거나 있던 것이 사라졌습니다.",
    home: "처음으로",
  },
  welcome: {
    title: "기억 속으로 걸어 들어가세요",
    about: "소중한 장소를 촬영하세요. 돌보는 분이 다시 찾아갈 수 있는 공간으로 만들어 드립니다.",
    signIn: "Google로 로그인",
    privacy: "보내신 영상은 가족만 볼 수 있고, 언제든지 모두 지울 수 있습니다.",
    steps: [
      { title: "촬영하기", text: "정원, 부엌, 얼굴. 휴대전화로 1분이면 충분합니다." },
      { title: "잠시 기다리기", text: "공간을 만드는 데 30분쯤 걸립니다. 진행 상황을 볼 수 있습니다." },
      { title: "함께 들어가기", text: "화면으로 또는 헤드셋으로. 앉아서, 천천히, 편한 속도로." },
    ],
  },
  signedIn: {
    title: "로그인하는 중",
    waiting: "잠시만 기다려 주세요 …",
    failedTitle: "로그인하지 못했습니다",
    refused: {
      cancelled: "Google 페이지에서 로그인하지 않고 나오셨습니다.",
      rejected: "Google의 응답을 확인하지 못했습니다. 다시 시도해 주세요.",
      unverified: "Google에서 이메일 주소가 확인되지 않았습니다. 확인하신 뒤 다시 로그인해 주세요.",
      lost: "다른 탭에서 시작했거나 너무 오래 걸렸습니다. 처음부터 다시 해 주세요.",
      unavailable: "지금은 Google에 연결할 수 없습니다. 잠시 뒤에 다시 시도해 주세요.",
      offline: "네트워크에 연결되어 있지 않습니다. 연결된 뒤에 다시 시도해 주세요.",
    },
  },
  look: {
    title: "기억",
    failed: "이 기억을 열지 못했습니다. 지워졌을 수 있습니다.",
  },
};
