using System.CommandLine;
using System.CommandLine.Help;

namespace Krewe.Launch.Settings;

/// <summary>The command line of a program.</summary>
internal sealed class CommandLine<TOptions>
    where TOptions : class, new()
{
    private const string ConfigVariable = "KREWE_CONFIG";
    private readonly SettingsTable<TOptions> table;
    private readonly RootCommand root;
    private readonly List<(ISetting<TOptions> Setting, Option<string?> Option)> options = [];
    private readonly Option<string?> config = new("--config")
    {
        HelpName = "FILE",
        Description = "A JSON file with settings named as here, without the dashes; "
            + "the environment (KREWE_HTTP_PORT and so on) wins over it, and the command line over both.",
    };

    public CommandLine(SettingsTable<TOptions> table)
    {
        this.table = table;
        root = new RootCommand(table.Purpose);
        foreach (var setting in table.Settings.Where(static setting => setting.Kind != SettingKind.Secret))
        {
            var option = new Option<string?>(setting.Option) { HelpName = setting.ValueName, Description = setting.Description };
            if (setting.Kind == SettingKind.Flag)
            {
                option.Arity = ArgumentArity.Zero;
                option.HelpName = null;
            }

            options.Add((setting, option));
            root.Options.Add(option);
        }

        root.Options.Add(config);
    }

    /// <summary>Reads all settings. Help and version are answered here; then, and where something is wrong, the result is an exit code.</summary>
    public TOptions? Read(string[] arguments, Func<string, string?> variable, TextWriter output, TextWriter error, out int exitCode)
    {
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (root.Options.Any(option => option is HelpOption or VersionOption && parsed.GetResult(option) is not null))
        {
            exitCode = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error });
            return null;
        }

        var result = new TOptions();
        var errors = ReadInto(result, parsed, variable);
        exitCode = errors.Count == 0 ? ExitCode.Success : ExitCode.Usage;
        foreach (var mistake in errors)
        {
            error.WriteLine($"krewe: {mistake}");
        }

        if (exitCode != ExitCode.Success)
        {
            error.WriteLine("krewe: --help lists the options");
        }

        return exitCode == ExitCode.Success ? result : null;
    }

    /// <summary>Reads the sources, the strongest last, and says what is wrong.</summary>
    private IReadOnlyList<string> ReadInto(TOptions result, ParseResult parsed, Func<string, string?> variable)
    {
        var reader = new SettingsReader<TOptions>(table, result);
        foreach (var mistake in parsed.Errors)
        {
            reader.Fail(mistake.Message);
        }

        if ((parsed.GetResult(config)?.Errors.Any() == true ? null : parsed.GetValue(config) ?? variable(ConfigVariable)) is { Length: > 0 } file)
        {
            reader.ReadFile(file);
        }

        reader.ReadEnvironment(variable);
        foreach (var (setting, option) in options)
        {
            if (parsed.GetResult(option) is { Errors: var mistakes } && !mistakes.Any() && TextOf(setting, option, parsed) is { } text)
            {
                reader.ReadOption(setting, text);
            }
        }

        reader.Finish();
        return reader.Errors;
    }

    private static string? TextOf(ISetting<TOptions> setting, Option<string?> option, ParseResult parsed) =>
        setting.Kind == SettingKind.Flag ? bool.TrueString : parsed.GetValue(option);
}
