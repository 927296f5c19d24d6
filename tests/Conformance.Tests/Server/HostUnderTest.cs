namespace Krewe.Conformance.Tests.Server;

/// <summary>What these tests are held against: a silo by itself, one process.</summary>
internal sealed class HostUnderTest(ProgramProcess process) : IAsyncDisposable
{
    public ProgramProcess Front => process;

    public ProgramProcess Runner => process;

    public static Task<HostUnderTest> StartAsync(string models, string[] options, IReadOnlyDictionary<string, string?>? environment) =>
        Task.FromResult(new HostUnderTest(
            ProgramProcess.Start("Silo", ["--models", models, "--http-port", "0", "--admin-port", "0", .. options], environment)));

    public void Kill() => process.Kill();

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
