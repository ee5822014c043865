; The installer for Windows: for one user, without administrator rights, with an entry in the Start menu and an
; uninstaller. assets/packaging/windows-installer runs makensis with VERSION, NUMBERS, FILES, ICON and OUTPUT.

; Like the program, the installer is for 64-bit Windows only.
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
; An update uses the folder of the installed program.
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
BrandingText "Echoscope ${VERSION}"
VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Echoscope"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Installs Echoscope, a desktop echo server that shows how a network server works"
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

; Windows doesn't allow a running program to be overwritten.
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
    SW_SHOWNORMAL "" "See how a network server works"
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
  ; Only if it is empty, because the user may have chosen a folder with other files.
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Echoscope.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd

Section /o "un.Saved settings"
  RMDir /r "$APPDATA\echoscope"
SectionEnd
