namespace Krewe.Serving.Repository.Files;

/// <summary>File names that other systems and tools leave in folders and archives, which are not part of a model.</summary>
internal static class ForeignFiles
{
    private static readonly string[] Names =
    [
        "__MACOSX", ".DS_Store", ".AppleDouble", ".AppleDB", ".LSOverride", ".Spotlight-V100", ".Trashes", ".fseventsd", ".TemporaryItems",
        ".DocumentRevisions-V100", ".VolumeIcon.icns", "Icon\r", "Thumbs.db", "Thumbs.db:encryptable", "ehthumbs.db", "ehthumbs_vista.db",
        "desktop.ini", "$RECYCLE.BIN", "System Volume Information", "lost+found", ".directory", "@eaDir", "pax_global_header", "PaxHeader",
        "PaxHeaders", "@PaxHeader",
    ];

    // AppleDouble files, pax headers extracted by an old tar, and desktop trash folders.
    private static readonly string[] Beginnings = ["._", "PaxHeaders.", ".Trash-"];

    /// <summary>Whether any segment of a '/'-separated path is such a name, ignoring case as Windows does.</summary>
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
