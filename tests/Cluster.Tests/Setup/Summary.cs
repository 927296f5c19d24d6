namespace Krewe.Cluster.Tests.Setup;

/// <summary>One line of figures for the person who runs the tests.</summary>
internal static class Summary
{
    public static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        Console.WriteLine(line);
    }
}
