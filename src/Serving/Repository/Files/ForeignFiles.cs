namespace Krewe.Serving.Repository.Files;

/// <summary>What other systems and their programs leave in folders and archives, and is nobody's model.</summary>
internal static class ForeignFiles
{
    private static readonly string[] Names =
    [
        "__MACOSX", ".DS_Store", ".AppleDouble", ".AppleDB", ".LSOverride", ".Spotlight-V100", ".Trashes", ".fseventsd", ".TemporaryItems",
        ".DocumentRevisions-V100", ".VolumeIcon.icns", "Icon\r", "Thumbs.db", "Thumbs.db:encryptable", "ehthumbs.db", "ehthumbs_vista.db",
        "desktop.ini", "$RECYCLE.BIN", "System Volume Information", "lost+found", ".directory", "@eaDir", "pax_global_header", "PaxHeader",
        "PaxHeaders", "@PaxHeader",
    ];

    // AppleDouble files, what tar leaves that does not know its own newer form, and the trash of desktops.
    private static readonly string[] Beginnings = ["._", "PaxHeaders.", ".Trash-"];

    /// <summary>Whether a part of a path with <c>/</c> between its parts is such a name. Windows writes it in either case.</summary>
    public static bool Has(ReadOnlySpan<char> path)
    {
        foreach (var range in path.Split('/'))
        {
            if (IsName(path[range]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsName(ReadOnlySpan<char> part)
    {
        foreach (var name in Names)
        {
            if (part.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        foreach (var beginning in Beginnings)
        {
            if (part.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
