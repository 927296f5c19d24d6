using System.CommandLine;
using System.CommandLine.Help;

namespace Krewe.Standalone;

/// <summary>The command line of the program.</summary>
internal sealed class CommandLine
{
    private const string ConfigVariable = "KREWE_CONFIG";
    private readonly RootCommand root = new("Serves a folder of ONNX models over the Open Inference Protocol.");
    private readonly Option<string?> config = new("--config")
    {
        HelpName = "FILE",
        Description = "A JSON file with settings named as here, without the dashes; "
            + "the environment (KREWE_HTTP_PORT and so on) wins over it, and the command line over both.",
    };

    private readonly List<(Setting Setting, Option<string?> Option)> options = [];

    public CommandLine()
    {
        foreach (var setting in SettingTable.All)
        {
            var option = new Option<string?>(setting.Option) { HelpName = setting.ValueName, Description = setting.Description };
            options.Add((setting, option));
            root.Options.Add(option);
        }

        root.Options.Add(config);
    }

    /// <summary>Reads all settings. Help and version are answered here; then, and where something is wrong, the result is an exit code.</summary>
    public StandaloneOptions? Read(string[] arguments, Func<string, string?> variable, TextWriter output, TextWriter error, out int exitCode)
    {
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (root.Options.Any(option => option is HelpOption or VersionOption && parsed.GetResult(option) is not null))
        {
            exitCode = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error });
            return null;
        }

        var reader = new SettingsReader();
        foreach (var mistake in parsed.Errors)
        {
            reader.Fail(mistake.Message);
        }

        // The last to be read wins.
        if ((parsed.GetResult(config)?.Errors.Any() == true ? null : parsed.GetValue(config) ?? variable(ConfigVariable)) is { Length: > 0 } file)
        {
            reader.ReadFile(file);
        }

        reader.ReadEnvironment(variable);
        foreach (var (setting, option) in options)
        {
            if (parsed.GetResult(option) is { Errors: var mistakes } && !mistakes.Any() && parsed.GetValue(option) is { } text)
            {
                reader.ReadOption(setting, text);
            }
        }

        reader.Finish();
        exitCode = reader.Errors.Count == 0 ? ExitCode.Success : ExitCode.Usage;
        foreach (var mistake in reader.Errors)
        {
            error.WriteLine($"krewe: {mistake}");
        }

        if (exitCode != ExitCode.Success)
        {
            error.WriteLine("krewe: --help lists the options");
        }

        return exitCode == ExitCode.Success ? reader.Options : null;
    }
}
