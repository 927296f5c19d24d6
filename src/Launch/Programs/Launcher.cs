using System.Collections;
using Krewe.Launch.Health;
using Krewe.Launch.Logging;
using Krewe.Launch.Settings;
using Krewe.Launch.Start;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Programs;

/// <summary>What every program of ours does around its work: reads its settings, and ends with a code and a line that says why.</summary>
public static class Launcher
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="table">What can be set.</param>
    /// <param name="endpoints">Where it listens under given options, the foremost first.</param>
    /// <param name="run">Its work; done when it has stopped.</param>
    public static async Task<int> RunAsync<TOptions>(
        string[] arguments, SettingsTable<TOptions> table, Func<TOptions, IReadOnlyList<ListenEndpoint>> endpoints, Func<TOptions,
        Task> run)
        where TOptions : class, IHealthOptions, ILogOptions, new()
    {
        var line = new CommandLine<TOptions>(table);
        var options = line.Read(arguments, Variables(), Console.Out, Console.Error, out var exitCode);
        if (options is null)
        {
            return exitCode;
        }

        if (options.Health is { } question)
        {
            return await HealthCheck.RunAsync(endpoints(options)[0], question, Console.Error);
        }

        try
        {
            await run(options);
            // A part of the program may have a reason of its own to end.
            return Environment.ExitCode;
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync($"krewe: {Passwords.Hide(StartFailure.Describe(error, endpoints(options)))}");
            if (options.LogLevel <= LogLevel.Debug)
            {
                await Console.Error.WriteLineAsync(Passwords.Hide(error.ToString()));
            }

            return ExitCode.Failure;
        }
    }

    private static Dictionary<string, string> Variables() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(static variable => (string)variable.Key, static variable => (string?)variable.Value ?? "");
}
