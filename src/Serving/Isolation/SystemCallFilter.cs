namespace Krewe.Serving.Isolation;

/// <summary>
/// Builds a seccomp(2) filter program: refused calls fail with EPERM, hidden ones with ENOSYS, all others are allowed.
/// </summary>
internal sealed class SystemCallFilter
{
    // Instructions of BPF: load a word, jump if equal, if at least, if any bit is set, return.
    private const ushort LoadWord = 0x20, Equal = 0x15, AtLeast = 0x35, AnyBit = 0x45, Return = 0x06;

    // Offsets in seccomp_data.
    private const uint Number = 0, Architecture = 4, Arguments = 16;

    private const uint Allowed = 0x7FFF0000, Refusal = 0x00050000 | 1, Absence = 0x00050000 | 38;
    private readonly List<Instruction> program = [];

    /// <summary>Begins a program that refuses all calls of another architecture.</summary>
    /// <param name="architecture">The number of the architecture (<c>AUDIT_ARCH_…</c>).</param>
    public SystemCallFilter(uint architecture)
    {
        Add(LoadWord, Architecture);
        Add(Equal, architecture, ifTrue: 1);
        Add(Return, Refusal);
        Add(LoadWord, Number);
    }

    /// <summary>Refuses a call.</summary>
    public void Refuse(uint call) => ReturnIf(Equal, call, Refusal);

    /// <summary>Hides a call: it fails as an unknown one does.</summary>
    public void Hide(uint call) => ReturnIf(Equal, call, Absence);

    /// <summary>Hides all calls from this number on.</summary>
    public void HideFrom(uint call) => ReturnIf(AtLeast, call, Absence);

    /// <summary>Refuses a call if an argument has any of these bits.</summary>
    public void RefuseBits(uint call, uint argument, uint bits) => Examine(call, argument, () => ReturnIf(AnyBit, bits, Refusal));

    /// <summary>Refuses a call if an argument has none of these bits.</summary>
    public void RefuseWithoutBits(uint call, uint argument, uint bits) => Examine(call, argument, () => ReturnUnless(AnyBit, bits));

    /// <summary>Refuses a call if an argument is one of these values.</summary>
    public void RefuseValues(uint call, uint argument, uint[] values) =>
        Examine(call, argument, () => Array.ForEach(values, value => ReturnIf(Equal, value, Refusal)));

    /// <summary>Refuses a call if an argument does not have this value.</summary>
    public void RefuseOthersThan(uint call, uint argument, uint value) => Examine(call, argument, () => ReturnUnless(Equal, value));

    /// <summary>Refuses a call if an argument is a pointer that is not null.</summary>
    public void RefusePointer(uint call, uint argument) => Examine(call, argument, () =>
    {
        ReturnIf(AnyBit, uint.MaxValue, Refusal);
        Add(LoadWord, PlaceOf(argument) + sizeof(uint));
        ReturnIf(AnyBit, uint.MaxValue, Refusal);
    });

    /// <summary>Allows all other calls, and returns the program.</summary>
    public Instruction[] End()
    {
        Add(Return, Allowed);
        return [.. program];
    }

    /// <summary>Where the low half of an argument is, on a little-endian processor.</summary>
    private static uint PlaceOf(uint argument) => Arguments + (argument * sizeof(ulong));

    private void Examine(uint call, uint argument, Action decide)
    {
        var jump = program.Count;
        Add(Equal, call);
        Add(LoadWord, PlaceOf(argument));
        decide();
        Add(LoadWord, Number);
        program[jump] = program[jump] with { IfFalse = (byte)(program.Count - jump - 1) };
    }

    private void ReturnIf(ushort test, uint value, uint verdict)
    {
        Add(test, value, ifFalse: 1);
        Add(Return, verdict);
    }

    private void ReturnUnless(ushort test, uint value)
    {
        Add(test, value, ifTrue: 1);
        Add(Return, Refusal);
    }

    private void Add(ushort code, uint value, byte ifTrue = 0, byte ifFalse = 0) =>
        program.Add(new Instruction(code, ifTrue, ifFalse, value));

    /// <summary>An instruction, as the kernel reads it.</summary>
    /// <param name="Code">What it does.</param>
    /// <param name="IfTrue">Instructions to skip if the test holds.</param>
    /// <param name="IfFalse">Instructions to skip if it does not.</param>
    /// <param name="Value">Its operand.</param>
    public readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);
}
