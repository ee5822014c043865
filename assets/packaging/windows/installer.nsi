; The installer for Windows: for one user, without administrator's rights, with an entry in the Start menu and an
; uninstaller. assets/packaging/windows-installer calls makensis and gives VERSION, NUMBERS, FILES, ICON and OUTPUT.

; The program is for 64-bit Windows only; so is what installs it.
Target amd64-unicode
SetCompressor /SOLID lzma
RequestExecutionLevel user
ManifestDPIAware true
!include MUI2.nsh
!include LogicLib.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Echoscope"

Name "Echoscope"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\Echoscope"
; An update goes where the program is.
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
BrandingText "Echoscope ${VERSION}"
VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Echoscope"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Installs Echoscope, an echo server that lets you see a server work"
VIAddVersionKey "LegalCopyright" "The Echoscope contributors, MIT License"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\echoscope.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Open Echoscope"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; Windows lets nobody write to a program that runs.
!macro StopWhileRunning un
Function ${un}StopWhileRunning
  ${If} ${FileExists} "$INSTDIR\echoscope.exe"
    retry:
    ClearErrors
    FileOpen $0 "$INSTDIR\echoscope.exe" a
    ${If} ${Errors}
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION \
        "Echoscope is running. Close it, then try again." /SD IDCANCEL IDRETRY retry
      SetErrorLevel 1
      Quit
    ${EndIf}
    FileClose $0
  ${EndIf}
FunctionEnd
!macroend
!insertmacro StopWhileRunning ""
!insertmacro StopWhileRunning "un."

Section "Echoscope"
  Call StopWhileRunning
  SetOutPath "$INSTDIR"
  File "${FILES}\echoscope.exe"
  File "${FILES}\README.txt"
  File "${FILES}\LICENSE.txt"
  File "${FILES}\THIRD-PARTY.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Echoscope.lnk" "$INSTDIR\echoscope.exe" "" "$INSTDIR\echoscope.exe" 0 \
    SW_SHOWNORMAL "" "See an echo server work"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Echoscope"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\echoscope.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Echoscope contributors"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  SectionGetSize 0 $0
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
SectionEnd

Section "un.Echoscope"
  SectionIn RO
  Call un.StopWhileRunning
  Delete "$INSTDIR\echoscope.exe"
  Delete "$INSTDIR\README.txt"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\THIRD-PARTY.txt"
  Delete "$INSTDIR\uninstall.exe"
  ; Only where it is empty: whoever chose a folder of his own keeps what is in it.
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Echoscope.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd

Section /o "un.Remembered settings"
  RMDir /r "$APPDATA\echoscope"
SectionEnd
