using Krewe.Standalone;

var options = new CommandLine().Read(args, Environment.GetEnvironmentVariable, Console.Out, Console.Error, out var exitCode);
if (options is null)
{
    return exitCode;
}

try
{
    await using var server = new StandaloneServer(options);
    await server.StartAsync();
    await Banner.WriteAsync(Console.Out, server);
    await server.WaitForStopAsync();
    return ExitCode.Success;
}
catch (Exception error) when (StartFailure.Describe(error, options) is { } reason)
{
    await Console.Error.WriteLineAsync($"krewe: {reason}");
    return ExitCode.Failure;
}
