namespace Krewe.Benchmarks.Servers;

/// <summary>Where the programs are that the benchmarks start.</summary>
internal static class Programs
{
    private const string Solution = "Orleans.sln", Output = "bin/Release/net10.0", Published = Output + "/publish";

    public static string Krewe => Find("src/Silo", Published, "Krewe.Silo.dll");

    /// <summary>What an earlier <c>./krewe run</c> started, in a folder that was built, or in a checkout.</summary>
    public static string Earlier(string folder)
    {
        string[] places =
        [
            Path.Combine(folder, "src/Standalone", Output, "Krewe.Standalone.dll"), Path.Combine(folder, "src/Silo", Published, "Krewe.Silo.dll"),
            Path.Combine(folder, "src/Silo", Output, "Krewe.Silo.dll"),
            Path.Combine(folder, "Krewe.Standalone.dll"), Path.Combine(folder, "Krewe.Silo.dll"),
        ];
        return places.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException($"there is no {places[0]}: build it with -c Release", places[0]);
    }

    public static string Peer => Find("tests/Benchmarks/AspNetPeer", Output, "Krewe.AspNetPeer.dll");

    /// <summary>Not a program: a program of ours that is started with it has Kestrel's transport between members.</summary>
    public static string KestrelTransport => Find("tests/Benchmarks/KestrelTransport", Output, "Krewe.KestrelTransport.dll");

    private static string Find(string project, string output, string assembly)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, Solution)))
        {
            root = root.Parent;
        }

        var path = Path.Combine(root?.FullName ?? ".", project, output, assembly);
        return File.Exists(path) ? path : throw new FileNotFoundException($"there is no {path}: build it with -c Release", path);
    }
}
