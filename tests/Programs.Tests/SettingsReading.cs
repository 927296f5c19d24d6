using Krewe.Launch.Settings;

namespace Krewe.Programs.Tests;

/// <summary>Reads the settings of a program as its start does, from sources that a test makes.</summary>
internal sealed class SettingsReading<TOptions>(SettingsTable<TOptions> table) : IDisposable
    where TOptions : class, new()
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("krewe-settings-");
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public Dictionary<string, string> Environment { get; } = [];

    public int ExitCode { get; private set; } = -1;

    /// <summary>What a person sees on standard output, and on standard error.</summary>
    public string Output => output.ToString();

    public string Error => error.ToString();

    public TOptions? Read(params string[] arguments)
    {
        var options = new CommandLine<TOptions>(table).Read(arguments, Environment, output, error, out var exitCode);
        ExitCode = exitCode;
        return options;
    }

    /// <summary>Makes a file; the result is its path.</summary>
    public string Write(string name, string content)
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose()
    {
        folder.Delete(recursive: true);
        output.Dispose();
        error.Dispose();
    }
}
